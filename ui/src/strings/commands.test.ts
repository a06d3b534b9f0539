// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { text } from ".";

test("commands to copy name the server whose page this is", () => {
  const commands = [
    text.datasets.emptyCode("10"),
    text.prompts.emptyCode("10"),
    text.labeling.emptyCode("10"),
    text.dataset.alike.command("cases", "10", "2"),
  ];
  for (const each of commands) {
    expect(each).toMatch(/^lodeline /m);
    expect(each.split("\n")[0]).toBe(`export LODELINE_URL=${window.location.origin}`);
  }
});
