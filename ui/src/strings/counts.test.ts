import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { text } from ".";
import { counted } from "./counts";

test("one is one, also as a text", () => {
  expect(counted(1, "item", "items")).toBe("1 item");
  expect(counted("1", "item", "items")).toBe("1 item");
  expect(counted("1,000", "item", "items")).toBe("1,000 items");
  expect(text.report.itemsDiffer(1, 1)).toBe("1 item");
  expect(text.report.itemsDiffer(1, 12)).toBe("1 of 12 items");
});

test("no text has a number before a plural of its own", () => {
  const NOUNS =
    "items|records|reviews|traces|spans|rows|answers|ratings|characters|texts|messages|tokens|changes";
  const wrong = new RegExp(`\\$\\{\\w+\\} (?:${NOUNS})\\b`, "g");
  const found = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".ts") && !name.includes(".test."))
    .flatMap((name) => readFileSync(join(import.meta.dirname, name), "utf8").match(wrong) ?? []);
  expect(found).toEqual([]);
});
