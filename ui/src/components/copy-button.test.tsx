// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { text } from "@/strings";
import { show } from "@/testing/show";
import { CopyButton } from "./copy-button";

async function pressed(value: string | (() => Promise<string>)) {
  const user = userEvent.setup();
  show(<CopyButton label={text.common.copy} value={value} named />);
  await user.click(screen.getByRole("button", { name: text.common.copy }));
}

test("what was copied is in the clipboard, and is said", async () => {
  await pressed(async () => "tr-1");
  expect(await screen.findByRole("button", { name: text.common.copied })).toBeDefined();
  expect(await navigator.clipboard.readText()).toBe("tr-1");
});

test("a browser that forbids its clipboard is asked in the older way, and the focus stays", async () => {
  const asked: string[] = [];
  document.execCommand = (command) => {
    asked.push(`${command} ${(document.activeElement as HTMLTextAreaElement).value}`);
    return true;
  };
  const user = userEvent.setup();
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("denied", "NotAllowedError"));
  show(<CopyButton label={text.common.copy} value="tr-2" named />);
  await user.click(screen.getByRole("button", { name: text.common.copy }));
  const button = await screen.findByRole("button", { name: text.common.copied });
  expect(asked).toEqual(["copy tr-2"]);
  expect(document.activeElement).toBe(button);
});

test("what could not be copied, or not be made, is said", async () => {
  await pressed(() => Promise.reject(new Error("the server is away")));
  expect(await screen.findByRole("button", { name: text.common.notCopied })).toBeDefined();
});
