import { Button, Checkbox, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, Problem } from "@/api/client";
import { askLabelingAnew } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { linesOf } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { PolicyFields, policyBody, policyDraft } from "./policy-fields";

const t = text.newSession;
const e = text.editSession;

/** Changes what a session was made with: its name, what reviewers read first, who they are, and how they review. */
export function EditSession({ session, close }: { session: LabelingSession; close: () => void }) {
  const { run_id } = session.run;
  const [name, setName] = useState(session.run.name);
  const [instructions, setInstructions] = useState(session.instructions);
  const [reviewers, setReviewers] = useState(session.reviewers.join("\n"));
  const [policy, setPolicy] = useState(() => policyDraft(session.policy));
  const [extend, setExtend] = useState(false);
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const named = linesOf(reviewers);
      const body = {
        name: name.trim(),
        instructions,
        reviewers: named,
        // What the form does not show stays as it is.
        policy: { ...session.policy, ...policyBody(policy, named) },
        extend_completed: extend,
      };
      return call("update_labeling_session", { run_id }, { body: body as never });
    },
    onSuccess: async () => {
      await askLabelingAnew(client);
      showToast(e.saved);
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const faults = { ...faultOf(save.error) };
  const elsewhere = save.isError && !Object.keys(faults).some((field) => SHOWN.has(field));
  return (
    <Modal opened onClose={close} title={e.title} size="xl">
      <form className={classes.form} aria-label={e.title} onSubmit={submit}>
        <TextInput
          label={t.name}
          required
          maxLength={500}
          value={name}
          error={faults.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={t.instructions}
          description={t.instructionsHint}
          autosize
          minRows={3}
          maxRows={12}
          value={instructions}
          error={faults.instructions}
          onChange={(event) => setInstructions(event.currentTarget.value)}
        />
        <Textarea
          label={t.people}
          description={`${t.reviewers}. ${t.reviewersHint}`}
          autosize
          minRows={2}
          maxRows={10}
          value={reviewers}
          error={faults.reviewers}
          onChange={(event) => setReviewers(event.currentTarget.value)}
        />
        <PolicyFields policy={policy} reviewers={linesOf(reviewers)} onChange={setPolicy} faults={faults} />
        <Checkbox
          label={e.extend}
          description={e.extendHint}
          checked={extend}
          onChange={(event) => setExtend(event.currentTarget.checked)}
        />
        {elsewhere && <ProblemNote error={save.error} />}
        <div className={classes.buttons}>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>
            {e.submit}
          </Button>
          <Button variant="default" onClick={close}>
            {text.common.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const SHOWN = new Set([
  "name",
  "instructions",
  "reviewers",
  "policy.mode",
  "policy.reviews_required",
  "policy.min_agreement",
  "policy.fields",
]);

/** The field that an error of the server is about, with what it says of it; none where it names none.
 *
 * The name that the server has for the field is left out: a label stands there.
 */
export function faultOf(error: unknown): Partial<Record<string, string>> {
  if (!(error instanceof Problem)) return {};
  const said = /^([a-z_.]+): (.*)$/s.exec(error.message);
  const field = said?.[1] ?? error.details.field;
  if (typeof field !== "string") return {};
  const words = said?.[2] ?? error.message;
  return { [field]: words.charAt(0).toUpperCase() + words.slice(1) };
}
