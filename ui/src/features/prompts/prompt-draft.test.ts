import { expect, test } from "vitest";
import type { PromptVersion } from "@/api/schema";
import { draftOf, isWritten, NEW_PROMPT, promptBody, variablesIn } from "./prompt-draft";

const version: PromptVersion = {
  name: "answer",
  experiment_id: "7",
  version: 3,
  kind: "chat",
  digest: "d",
  created_ms: 0,
  template: null,
  messages: [
    { role: "system", content: "Be {{ tone }}." },
    { role: "user", content: "{{question}} in {{ tone }}, {{ no" },
  ],
  variables: ["tone", "question"],
  message: "kinder",
  tags: {},
  response_format: { type: "object" },
  model_config: { temperature: 0.2 },
  author: null,
};

test("a version starts from the one before, and keeps its settings", () => {
  const draft = draftOf(version);
  expect(variablesIn(draft)).toEqual(["tone", "question"]);
  expect(promptBody({ ...draft, note: " shorter " }, "7", version)).toEqual({
    experiment: "7",
    name: "answer",
    message: "shorter",
    messages: version.messages,
    config: { temperature: 0.2 },
    response_format: { type: "object" },
  });
});

test("a new prompt is text until it is said otherwise, and blank ones are not saved", () => {
  expect(isWritten(NEW_PROMPT)).toBe(false);
  const text = { ...NEW_PROMPT, name: " ask ", template: "Say {{ word }}\n" };
  expect(isWritten(text)).toBe(true);
  expect(isWritten({ ...text, name: " " })).toBe(false);
  expect(isWritten({ ...text, kind: "chat" as const })).toBe(false);
  expect(promptBody(text, "1")).toEqual({
    experiment: "1",
    name: "ask",
    message: "",
    template: "Say {{ word }}\n",
  });
});
