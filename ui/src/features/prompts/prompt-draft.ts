/** A version of a prompt while it is written: what the form holds, and what is sent of it. */

import type { PromptBody, PromptVersion } from "@/api/schema";

export interface MessageDraft {
  /** Tells the rows of the form apart. */
  key: number;
  role: string;
  content: string;
}

export interface PromptDraft {
  name: string;
  kind: PromptVersion["kind"];
  template: string;
  messages: readonly MessageDraft[];
  note: string;
}

let keys = 0;
export const EMPTY_MESSAGE = (): MessageDraft => ({ key: ++keys, role: "system", content: "" });

export const NEW_PROMPT: PromptDraft = {
  name: "",
  kind: "text",
  template: "",
  messages: [EMPTY_MESSAGE()],
  note: "",
};

/** What a new version starts from. */
export function draftOf({ name, kind, template, messages }: PromptVersion): PromptDraft {
  return {
    name,
    kind,
    template: template ?? "",
    messages:
      messages.length === 0 ? [EMPTY_MESSAGE()] : messages.map((each) => ({ ...EMPTY_MESSAGE(), ...each })),
    note: "",
  };
}

/** Whether there is something to save. */
export function isWritten({ name, kind, template, messages }: PromptDraft): boolean {
  if (name.trim() === "") return false;
  return kind === "text"
    ? template.trim() !== ""
    : messages.every(({ role, content }) => role.trim() !== "" && content.trim() !== "");
}

const VARIABLE = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;

/** The variables of what is written, each once. */
export function variablesIn({ kind, template, messages }: PromptDraft): string[] {
  const written = kind === "text" ? [template] : messages.map((each) => each.content);
  const found = written.flatMap((each) => [...each.matchAll(VARIABLE)].map((match) => match[1] ?? ""));
  return [...new Set(found)];
}

/** What is sent; model settings and response format of the version before stay. */
export function promptBody(draft: PromptDraft, experiment: string, base?: PromptVersion): PromptBody {
  const { name, kind, template, messages, note } = draft;
  const content =
    kind === "text"
      ? { template }
      : { messages: messages.map((each) => ({ role: each.role.trim(), content: each.content })) };
  const kept =
    base === undefined
      ? {}
      : { config: base.model_config, response_format: base.response_format as PromptBody["response_format"] };
  return { experiment, name: name.trim(), message: note.trim(), ...content, ...kept };
}
