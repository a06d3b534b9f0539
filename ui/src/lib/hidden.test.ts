import { expect, test } from "vitest";
import { visibleParts, visibleText } from "./hidden";

test.each([
  ["\u202egpj.exe", "⟨U+202E⟩gpj.exe"],
  ["pay\u200bpal", "pay⟨U+200B⟩pal"],
  ["a\u0000b", "a⟨U+0000⟩b"],
  ["x\u{e0041}", "x⟨U+E0041⟩"],
  ["\ufeffbom", "⟨U+FEFF⟩bom"],
  ["half \ud83d", "half ⟨U+D83D⟩"],
  ["\u2066mail\u2069", "⟨U+2066⟩mail⟨U+2069⟩"],
])("%j is shown as %s", (text, shown) => expect(visibleText(text)).toBe(shown));

test.each(["plain\ttext\nwith lines", "שלום", "عربى", "😀 ❤️ 👩‍💻", "日本語", "é"])(
  "%j stays as it is",
  (text) => {
    expect(visibleParts(text)).toEqual([{ text, hidden: null }]);
  },
);

test("nothing has no parts", () => expect(visibleParts("")).toEqual([]));
