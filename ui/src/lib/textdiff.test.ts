import { expect, test } from "vitest";
import { lineDiff } from "./textdiff";

const written = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`);

test("equal texts stay", () => {
  expect(written("a\nb", "a\nb")).toEqual([" a", " b"]);
});

test("what went stands before what came", () => {
  expect(written("a\nb\nc\nd", "a\nx\ny\nd")).toEqual([" a", "-b", "-c", "+x", "+y", " d"]);
});

test("lines only added or only removed", () => {
  expect(written("a", "a\nb")).toEqual([" a", "+b"]);
  expect(written("a\nb", "b")).toEqual(["-a", " b"]);
});
