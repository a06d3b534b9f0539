import { expect, test } from "vitest";
import { lineDiff, wordDiff } from "./textdiff";

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

test("words that differ are told apart from those that stay", () => {
  const said = (before: string, after: string) =>
    wordDiff(before, after).map(
      ({ kind, text }) => `${{ same: "=", removed: "-", added: "+" }[kind]}${text}`,
    );
  expect(said("Where is my order?", "Where is my order?")).toEqual(["=Where is my order?"]);
  expect(said("Is it red?", "Is it dark red?")).toEqual(["=Is it", "+ dark", "= red?"]);
  expect(said("How many does she have?", "If she sold three?\n")).toEqual([
    "-How many does",
    "+If",
    "= she",
    "- have",
    "+ sold three",
    "=?",
    "+\n",
  ]);
  expect(said("42 km", "40 km")).toEqual(["-42", "+40", "= km"]);
  expect(said("The Red BUS stops", "the red bus starts")).toEqual(["=the red bus", "- stops", "+ starts"]);
  expect(said("", "élan 🙂")).toEqual(["+élan 🙂"]);
});
