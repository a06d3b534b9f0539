import { expect, test } from "vitest";
import { ruleFor } from "./gaterules";

test("a rule holds a metric to what it is now", () => {
  expect(ruleFor({ scorer: "right", now: 2 / 3, lower: false })).toBe(
    '[[gate]]\nmetric = "right"\nop = ">="\nthreshold = 0.6666\n',
  );
  expect(ruleFor({ scorer: "size", now: 2 / 3, lower: true })).toBe(
    '[[gate]]\nmetric = "size"\nop = "<="\nthreshold = 0.6667\n',
  );
  expect(ruleFor({ scorer: "loss", now: -0.25, lower: true })).toContain("threshold = -0.25");
});

test("a name of any characters is one text", () => {
  const hostile = 'a"b\\c\n[[gate]]\u007f';
  const line = ruleFor({ scorer: hostile, now: 1, lower: false }).split("\n")[1];
  expect(line).toBe('metric = "a\\"b\\\\c\\n[[gate]]\\u007f"');
});
