import { describe, expect, it } from "vitest";
import type { Assessment } from "@/api/schema";
import { judgedColumn, judgedId, summaryOf } from "./judged";

const made = (value: unknown, error: string | null = null) =>
  ({ value, error: error === null ? null : { code: error, message: "" } }) as Assessment;

describe("the address of a column", () => {
  it.each(["reward", "to the point", "a,b", "50%", "feedback.x", "é"])("leads back to %s", (name) => {
    for (const kind of ["FEEDBACK", "EXPECTATION"] as const) {
      expect(judgedId({ kind, name })).not.toContain(",");
      expect(judgedColumn(judgedId({ kind, name }))).toEqual({ kind, name });
    }
  });

  it.each(["state", "feedback", "feedback.", "tags.x", "feedback.%zz"])("is none in %s", (id) => {
    expect(judgedColumn(id)).toBeNull();
  });
});

describe("what a cell says", () => {
  it("is nothing without a judgment", () => {
    expect(summaryOf([])).toBeNull();
  });

  it("is the value of a single one", () => {
    expect(summaryOf([made(true)])).toMatchObject({ shown: "true", count: 1, errors: 0 });
    expect(summaryOf([made(null, "TIMEOUT")])).toMatchObject({ shown: "TIMEOUT", count: 1, errors: 1 });
  });

  it("is the mean of several, errors left out", () => {
    const some = [made(true), made("no"), made(null, "TIMEOUT"), made(0.25)];
    expect(summaryOf(some)).toMatchObject({ shown: "0.417", count: 4, errors: 1, of: null });
  });

  it("is the newest of several words", () => {
    expect(summaryOf([made("rude"), made("kind")])).toMatchObject({ shown: "rude", count: 2 });
    expect(summaryOf([made(null, "LATE"), made("kind")])).toMatchObject({ shown: "kind", errors: 1 });
  });
});
