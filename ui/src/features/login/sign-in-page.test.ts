import { expect, test } from "vitest";
import { text } from "@/strings";
import { refusalText } from "./sign-in-page";

test("a code has its own sentence, and anything else the one for all", () => {
  expect(refusalText("oidc_taken")).toBe(text.login.refusals.oidc_taken);
  for (const code of ["", "call 555-1234 to sign in", "constructor", "__proto__", "toString"])
    expect(refusalText(code)).toBe(text.login.refused);
});
