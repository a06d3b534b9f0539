import { expect, test } from "vitest";
import type { Span } from "@/api/schema";
import { type Step, stepsOf, verdictOf } from "./steps";

const node = (span_id: string, kind = "CHAT_MODEL") =>
  ({ span: { span_id, kind, name: "chat", status: "OK" } }) as Step["node"];
const span = (span_id: string, view: Partial<Span["view"]>) =>
  ({
    span_id,
    status: "OK",
    status_message: "",
    events: [],
    view: { outputs: null, inputs: null, tool_call: null, output_messages: [], ...view },
  }) as unknown as Span;
const answer = (content: string, call_id: string) => ({
  output_messages: [
    {
      role: "assistant" as const,
      content,
      tool_calls: [{ name: "look_up", arguments: { order: 1 }, call_id }],
      tool_call_id: null,
      reasoning: null,
      parts: [],
    },
  ],
});
const step = (id: string, view: Partial<Span["view"]>, kind?: string) =>
  stepsOf([node(id, kind)], [span(id, view)])[0] as Step;

test("the same step with another output is told apart from the same output under another id", () => {
  const left = step("1", answer("sunny", "call_a"));
  expect(verdictOf({ left, right: step("2", answer("sunny", "call_b")) })).toBe("equal");
  expect(verdictOf({ left, right: step("2", answer("rainy", "call_a")) })).toBe("output");
});

test("a tool called with something else is another step", () => {
  const left = step("1", { inputs: { order: 1 }, outputs: "sent" }, "TOOL");
  expect(verdictOf({ left, right: step("2", { inputs: { order: 2 }, outputs: "sent" }, "TOOL") })).toBe(
    "changed",
  );
  expect(verdictOf({ left, right: step("2", { inputs: { order: 1 }, outputs: "lost" }, "TOOL") })).toBe(
    "output",
  );
});

test("a step without its like, and one whose content is unknown", () => {
  const left = step("1", { outputs: 1 });
  const right = stepsOf([node("2")], [])[0] as Step;
  expect(verdictOf({ left, right: null })).toBe("onlyLeft");
  expect(verdictOf({ left: null, right })).toBe("onlyRight");
  expect(verdictOf({ left, right })).toBe("equal");
});

test("a step that failed for another reason came to something else", () => {
  const failed = (id: string, status_message: string) => {
    const at = node(id, "TOOL");
    const told = { ...span(id, { inputs: { food: "butter" } }), status: "ERROR" as const, status_message };
    return stepsOf([{ ...at, span: { ...at.span, status: "ERROR" } }], [told])[0] as Step;
  };
  const left = failed("1", "KeyError: 'butter'");
  expect(verdictOf({ left, right: failed("2", "KeyError: 'butter'") })).toBe("equal");
  expect(verdictOf({ left, right: failed("2", "the oven is cold") })).toBe("output");
});
