import { Button, Modal, SegmentedControl } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call, Problem } from "@/api/client";
import type { PromptVersion } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LineField, LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import {
  draftOf,
  EMPTY_MESSAGE,
  isWritten,
  NEW_PROMPT,
  type PromptDraft,
  promptBody,
  variablesIn,
} from "./prompt-draft";
import classes from "./prompts.module.css";

const t = text.promptForm;
const KINDS = ["text", "chat"] as const;
const MOST_NAME = 250;
const MOST_NOTE = 10_000;

interface PromptFormProps {
  experimentId: string;
  /** The version that the new one starts from; without one a new prompt is made. */
  base?: PromptVersion;
  close: () => void;
}

/** Writes a prompt, or the next version of one. */
export function PromptForm({ experimentId, base, close }: PromptFormProps) {
  const [draft, setDraft] = useState(() => (base === undefined ? NEW_PROMPT : draftOf(base)));
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      if (base === undefined) await refuseTaken(draft.name.trim(), experimentId);
      return call(
        "register_prompt",
        {},
        { body: promptBody(draft, base?.experiment_id ?? experimentId, base) },
      );
    },
    onSuccess: async ({ version, made }) => {
      for (const key of ["prompts", "prompt", "prompt-versions"])
        await client.invalidateQueries({ queryKey: [key] });
      close();
      showToast(made ? t.saved(version.name, version.version) : t.same(version.version));
      await navigate({
        to: "/experiments/$experimentId/prompts/$name",
        params: { experimentId, name: version.name },
        search: (before) => ({ ...before, version: String(version.version), against: undefined }),
      });
    },
  });
  const change = (next: Partial<PromptDraft>) => setDraft((now) => ({ ...now, ...next }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWritten(draft)) save.mutate();
  };
  const variables = variablesIn(draft);
  return (
    <Modal opened onClose={close} size="xl" title={base === undefined ? t.create : t.next(base.name)}>
      <form onSubmit={submit} className={classes.form}>
        {base === undefined && (
          <>
            <LineField
              label={t.name}
              required
              data-autofocus
              maxLength={MOST_NAME}
              value={draft.name}
              onText={(name) => change({ name })}
            />
            <SegmentedControl
              aria-label={t.kind}
              value={draft.kind}
              onChange={(kind) => change({ kind: kind as PromptDraft["kind"] })}
              data={KINDS.map((value) => ({ value, label: t.kinds[value] }))}
            />
          </>
        )}
        {draft.kind === "text" ? (
          <LongField
            label={t.template}
            description={t.templateHint}
            classNames={{ input: "mono" }}
            rows={[8, 24]}
            value={draft.template}
            onText={(template) => change({ template })}
          />
        ) : (
          <Messages draft={draft} change={change} />
        )}
        <p className="dim" aria-live="polite">
          {variables.length === 0 ? t.noVariables : t.variables(variables.join(", "))}
        </p>
        <LineField
          label={t.note}
          description={t.noteHint}
          maxLength={MOST_NOTE}
          value={draft.note}
          onText={(note) => change({ note })}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <FormButtons submit={t.save} busy={save.isPending} disabled={!isWritten(draft)} close={close} />
      </form>
    </Modal>
  );
}

/** The name of a new prompt must be new: registering it again would add a version to the one that has it. */
async function refuseTaken(name: string, experimentId: string): Promise<void> {
  try {
    await call("get_prompt", { name, experiment: experimentId });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return;
    throw error;
  }
  throw new Problem(409, t.taken(name), "prompt_taken");
}

interface MessagesProps {
  draft: PromptDraft;
  change: (next: Partial<PromptDraft>) => void;
}

function Messages({ draft, change }: MessagesProps) {
  const { messages } = draft;
  const put = (at: number, next: Partial<PromptDraft["messages"][number]>) =>
    change({ messages: messages.map((each, index) => (index === at ? { ...each, ...next } : each)) });
  return (
    <>
      {messages.map((message, at) => (
        <fieldset key={message.key} className={classes.message}>
          <legend>{t.messageN(at + 1)}</legend>
          <LineField
            label={t.role}
            maxLength={50}
            list="prompt-roles"
            value={message.role}
            onText={(role) => put(at, { role })}
          />
          <LongField
            label={t.content}
            classNames={{ input: "mono" }}
            rows={[3, 16]}
            value={message.content}
            onText={(content) => put(at, { content })}
          />
          {messages.length > 1 && (
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              onClick={() => change({ messages: messages.filter((_, index) => index !== at) })}
            >
              {t.remove(at + 1)}
            </Button>
          )}
        </fieldset>
      ))}
      <datalist id="prompt-roles">
        {["system", "user", "assistant"].map((role) => (
          <option key={role} value={role} />
        ))}
      </datalist>
      <div>
        <Button
          variant="default"
          onClick={() => change({ messages: [...messages, { ...EMPTY_MESSAGE(), role: "user" }] })}
        >
          {t.add}
        </Button>
      </div>
    </>
  );
}
