import { expect, test } from "vitest";
import { saidIn, soleTextIn } from "./said";

const MESSAGES = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello" },
];
const said = (given: unknown) => saidIn(given)?.map(({ role, content }) => ({ role, content })) ?? null;

test("messages are found alone and as the only field", () => {
  expect(said(MESSAGES)).toEqual(MESSAGES);
  expect(said({ messages: MESSAGES })).toEqual(MESSAGES);
  expect(said(JSON.stringify(MESSAGES))).toEqual(MESSAGES);
  expect(said(MESSAGES[0])).toEqual([MESSAGES[0]]);
});

test("nothing that stands beside messages is left out of sight", () => {
  expect(said({ messages: MESSAGES, temperature: 1 })).toBeNull();
  expect(said([{ ...MESSAGES[0], mood: "cross" }])).toBeNull();
  expect(said([{ role: "user", content: { question: "Hello" } }])).toBeNull();
  expect(said([{ role: "assistant", content: "", tool_calls: [{ id: "1" }] }])).toBeNull();
  expect(said([...MESSAGES, "Hello"])).toBeNull();
  for (const other of [[], {}, null, undefined, "user", "[not json", 3, { role: 1 }])
    expect(said(other)).toBeNull();
});

test("tool calls of several providers are calls, and their answers name them", () => {
  const call = { name: "book", arguments: { seat: "4A" }, call_id: "c1" };
  const forms = [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "book", arguments: '{"seat":"4A"}' } }],
    },
    { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "book", input: { seat: "4A" } }] },
    {
      role: "assistant",
      parts: [{ type: "tool_call", id: "c1", name: "book", arguments: { seat: "4A" } }],
    },
  ];
  for (const form of forms) expect(saidIn([form])?.[0]?.tool_calls).toEqual([call]);
  const answers = [
    { role: "tool", tool_call_id: "c1", name: "book", content: "done" },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "done" }] },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c1", result: "done" }] },
  ];
  for (const answer of answers) {
    const [shown] = saidIn([answer]) ?? [];
    expect([shown?.tool_call_id, shown?.content]).toEqual(["c1", "done"]);
  }
});

test("texts in pieces are one text, and other pieces are kept as they are", () => {
  const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
  const content = [{ type: "text", text: "Look" }, image, { type: "input_text", text: "again" }];
  const [shown] = saidIn([{ role: "user", content }]) ?? [];
  expect([shown?.content, shown?.parts]).toEqual(["Look\nagain", [image]]);
});

test("a text that stands alone in a field is that text", () => {
  const question = { name: "question", text: "Where is Paris?" };
  expect(soleTextIn({ question: question.text })).toEqual(question);
  expect(soleTextIn(JSON.stringify({ question: question.text }))).toEqual(question);
  for (const other of [{ a: "1", b: "2" }, { a: 1 }, {}, [], "text", null])
    expect(soleTextIn(other)).toBeNull();
});
