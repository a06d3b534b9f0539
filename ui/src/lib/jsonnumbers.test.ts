import { expect, test } from "vitest";
import { jsonText, parseIntegers, parseJson, WrittenNumber } from "./jsonnumbers";

test("numbers that a double would change are kept as they are written", () => {
  const source =
    '{"id": 12345678901234567890, "n": [1, -2.5, 1.0, 1e400, -9007199254740993], "t": "90071992547409931"}';
  expect(parseJson(source)).toEqual({
    id: new WrittenNumber("12345678901234567890"),
    n: [
      1,
      -2.5,
      new WrittenNumber("1.0"),
      new WrittenNumber("1e400"),
      new WrittenNumber("-9007199254740993"),
    ],
    t: "90071992547409931",
  });
  expect(parseJson("18446744073709551615")).toEqual(new WrittenNumber("18446744073709551615"));
});

test("numbers in texts and keys are texts, also beside quotes and escapes", () => {
  const source = String.raw`{"a \" 1.0": "x\\", "b": 2.50, "12.0": "say \"3.0\""}`;
  expect(parseJson(source)).toEqual({ 'a " 1.0': "x\\", b: new WrittenNumber("2.50"), "12.0": 'say "3.0"' });
});

test("what is no JSON is refused, whatever its numbers look like", () => {
  for (const wrong of ["[01]", "[1.]", "{1.0: 2}", "[1.0", "", "[1-2]", "[.5]"])
    expect(() => parseJson(wrong)).toThrow(SyntaxError);
});

test("what has none is read as ever, own names of objects too", () => {
  expect(parseJson('{"__proto__": {"a": 1}, "b": null}')).toEqual(
    JSON.parse('{"__proto__": {"a": 1}, "b": null}'),
  );
});

test("of integers alone, those that a double would round are kept, and written again as they were", () => {
  const source =
    '{"id":9007199254740993,"n":[-1234567890123456789,9007199254740992,1.0,1e400,7],"t":"9007199254740993"}';
  const parsed = parseIntegers(source);
  expect(parsed).toEqual({
    id: new WrittenNumber("9007199254740993"),
    n: [new WrittenNumber("-1234567890123456789"), 9007199254740992, 1, Number.POSITIVE_INFINITY, 7],
    t: "9007199254740993",
  });
  expect(jsonText({ a: parsed, b: "x" }).slice(5, 29)).toBe('{"id":9007199254740993,"');
  expect(jsonText([new WrittenNumber("12345678901234567890"), 1.5, null], 1)).toBe(
    "[\n 12345678901234567890,\n 1.5,\n null\n]",
  );
});
