import { expect, test } from "vitest";
import { jsonLine } from "./preview";

test("what is no JSON stays as it is", () => {
  expect(jsonLine("The number of cookies: [5]")).toBe("The number of cookies: [5]");
  expect(jsonLine("")).toBe("");
});

test("a sole value stands alone", () => {
  expect(jsonLine('{"question":"Susan made \\"100\\" cookies,\\nhow many?"}')).toBe(
    'Susan made "100" cookies,\nhow many?',
  );
});

test("several values stand after their keys", () => {
  expect(jsonLine('[{"role": "user", "content": "Hi"}, {"n": [1, 2.5, null, true]}]')).toBe(
    "role: user, content: Hi, n: 1, 2.5, null, true",
  );
});

test("what was cut off anywhere is shown as far as it goes", () => {
  const whole = '{"a":"x\\u00e9 y","b":{"c":-12.5}}';
  expect(jsonLine(whole)).toBe("a: xé y, c: -12.5");
  for (let end = 1; end < whole.length; end += 1) expect(typeof jsonLine(whole.slice(0, end))).toBe("string");
  expect(jsonLine('{"a":"x\\u00')).toBe("x");
  expect(jsonLine('{"a":"one","b":"tw')).toBe("a: one, b: tw");
  expect(jsonLine("{}")).toBe("{}");
});
