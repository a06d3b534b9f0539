import { expect, test } from "vitest";
import { saidIn } from "./said";

const MESSAGES = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello" },
];

test("messages are found alone and as the only field", () => {
  expect(saidIn(MESSAGES)).toEqual(MESSAGES);
  expect(saidIn({ messages: MESSAGES })).toEqual(MESSAGES);
  expect(saidIn(JSON.stringify(MESSAGES))).toEqual(MESSAGES);
});

test("nothing that stands beside messages is left out of sight", () => {
  expect(saidIn({ messages: MESSAGES, temperature: 1 })).toBeNull();
  expect(saidIn([{ ...MESSAGES[0], tool_calls: [] }])).toBeNull();
  expect(saidIn([{ role: "user", content: [{ text: "Hello" }] }])).toBeNull();
  expect(saidIn([...MESSAGES, "Hello"])).toBeNull();
  for (const other of [[], {}, null, undefined, "user", "[not json", 3]) expect(saidIn(other)).toBeNull();
});
