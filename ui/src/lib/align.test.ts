import { expect, test } from "vitest";
import { align } from "./align";

function aligned(left: string, right: string): string[] {
  return align([...left], [...right], (item) => item).map(
    (pair) => `${pair.left ?? "-"}${pair.right ?? "-"}`,
  );
}

test.each([
  ["abc", "abc", ["aa", "bb", "cc"]],
  ["abc", "axc", ["aa", "bx", "cc"]],
  ["abcd", "ad", ["aa", "b-", "c-", "dd"]],
  ["", "ab", ["-a", "-b"]],
  ["ab", "", ["a-", "b-"]],
  ["abxcd", "abcyd", ["aa", "bb", "x-", "cc", "-y", "dd"]],
])("%s beside %s", (left, right, pairs) => expect(aligned(left, right)).toEqual(pairs));

test("every step stands in its order, once", () => {
  const left = "kitten sitting on the mat";
  const right = "a sitting cat on that mat";
  const pairs = align([...left], [...right], (item) => item);
  expect(pairs.map((pair) => pair.left ?? "").join("")).toBe(left);
  expect(pairs.map((pair) => pair.right ?? "").join("")).toBe(right);
});

test("sequences too long to compare are paired in order", () => {
  const left = Array.from({ length: 3_000 }, (_, i) => `l${i}`);
  const right = Array.from({ length: 2_999 }, (_, i) => `r${i}`);
  expect(align(left, right, (item) => item)).toHaveLength(3_000);
});
