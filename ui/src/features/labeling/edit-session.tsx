import { Checkbox, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { askLabelingAnew } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { linesOf } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { policyBody, policyDraft } from "./policy-fields";
import { faultOf, isAtField } from "./session-faults";
import { SessionPeople } from "./session-people";
import { SessionWords } from "./session-words";

const e = text.editSession;

/** Changes what a session was made with: its name, what reviewers read first, who they are, and how they review. */
export function EditSession({ session, close }: { session: LabelingSession; close: () => void }) {
  const { run_id } = session.run;
  const [words, setWords] = useState({ name: session.run.name, instructions: session.instructions });
  const [people, setPeople] = useState(() => ({
    reviewers: session.reviewers.join("\n"),
    policy: policyDraft(session.policy),
  }));
  const [extend, setExtend] = useState(false);
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const named = linesOf(people.reviewers);
      const body = {
        name: words.name.trim(),
        instructions: words.instructions,
        reviewers: named,
        // What the form does not show stays as it is.
        policy: { ...session.policy, ...policyBody(people.policy, named) },
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
  const faults = faultOf(save.error);
  const elsewhere = save.isError && !isAtField(faults);
  return (
    <Modal opened onClose={close} title={e.title} size="xl">
      <form className={classes.form} aria-label={e.title} onSubmit={submit}>
        <SessionWords words={words} onChange={setWords} faults={faults} />
        <SessionPeople people={people} onChange={setPeople} faults={faults} />
        <Checkbox
          label={e.extend}
          description={e.extendHint}
          checked={extend}
          onChange={(event) => setExtend(event.currentTarget.checked)}
        />
        {elsewhere && <ProblemNote error={save.error} />}
        <FormButtons
          submit={e.submit}
          busy={save.isPending}
          disabled={words.name.trim() === ""}
          close={close}
        />
      </form>
    </Modal>
  );
}
