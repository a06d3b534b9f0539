import { expect, test, vi } from "vitest";
import { type KeyPress, shortcutOf } from "./shortcuts";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  defaultPrevented: false,
  ...more,
});

test("a key stands for its shortcut, and for nothing else", () => {
  const act = vi.fn();
  expect(shortcutOf(press("a"), null, { a: act })).toBe(act);
  expect(shortcutOf(press("b"), null, { a: act })).toBeUndefined();
  expect(shortcutOf(press("toString"), null, {})).toBeUndefined();
});

test("keys of the browser, and keys that something has used, are no shortcuts", () => {
  const act = vi.fn();
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { defaultPrevented: true }])
    expect(shortcutOf(press("a", more), null, { a: act })).toBeUndefined();
});

test("keys pressed where one writes are no shortcuts", () => {
  const act = vi.fn();
  const field = { closest: (selector: string) => (selector.includes("textarea") ? document_ : null) };
  const document_ = {} as Element;
  expect(shortcutOf(press("a"), field, { a: act })).toBeUndefined();
  expect(shortcutOf(press("a"), { closest: () => null }, { a: act })).toBe(act);
});

test("a text that is marked and not written takes the key that lists the keys, and no other", () => {
  const act = vi.fn();
  const found = {} as Element;
  const marking = {
    closest: (selector: string) => (selector.includes("textarea") ? found : null),
  };
  expect(shortcutOf(press("?"), marking, { "?": act })).toBe(act);
  expect(shortcutOf(press("u"), marking, { u: act })).toBeUndefined();
  const writing = {
    closest: (selector: string) =>
      selector.includes("readonly") || !selector.includes("textarea") ? null : found,
  };
  expect(shortcutOf(press("?"), writing, { "?": act })).toBeUndefined();
  const above = { closest: () => found };
  expect(shortcutOf(press("?"), above, { "?": act })).toBeUndefined();
});
