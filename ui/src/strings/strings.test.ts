import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "..");
// Text between tags, and texts of the attributes that people read.
const BETWEEN_TAGS = />[^<>{}()=;]*[A-Za-z]{2,}[^<>{}()=;]*<\//g;
const ATTRIBUTES = /\b(?:aria-label|title|placeholder|label|alt)="[^"]*[A-Za-z]{2,}[^"]*"/g;
/** Names of keys and figures, which are the same in every language. */
const ALLOWED = new Set([">p50</", ">p95</", ">p99</", 'label="Enter"']);

test("every text stands in the catalogue", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(?<!\.test)\.tsx$/.test(name),
  );
  const found = files.flatMap((name) => {
    const source = readFileSync(join(SOURCE, name), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const texts = [...(source.match(BETWEEN_TAGS) ?? []), ...(source.match(ATTRIBUTES) ?? [])];
    return texts.filter((text) => !ALLOWED.has(text.trim())).map((text) => `${name}: ${text.trim()}`);
  });
  expect(files.length).toBeGreaterThan(40);
  expect(found).toEqual([]);
});
