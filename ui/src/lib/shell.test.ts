import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "./shell";

test.each(["cases", "two words", "it's", "'", "$(touch x) `id` $HOME", 'a"b\\c', "!1; rm *", "ä\nb"])(
  "a shell reads %j as it was",
  (name) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(name)}`], { encoding: "utf8" })).toBe(name);
  },
);

test("plain words stay plain", () => {
  expect(shellWord("support-cases.v2")).toBe("support-cases.v2");
});
