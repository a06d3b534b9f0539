// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { Problem } from "@/api/client";
import { useReadableFilter } from "./use-readable-filter";

const wrong = new Problem(400, "filter: unknown field 'x'", "invalid", { position: 0, end: 1 });

/** What a list asks for whose filters that begin with x cannot be read. */
function list(filter: string, scope = "1") {
  return renderHook(
    ({ filter, scope }) => {
      const shown = useReadableFilter(filter, scope);
      const refused = shown.filter.startsWith("x");
      shown.noting({
        data: refused ? undefined : [],
        error: refused ? wrong : null,
        isPlaceholderData: false,
      });
      return [shown.filter, shown.stale];
    },
    { initialProps: { filter, scope } },
  );
}

test("a list keeps what the filter before found until one can be read", () => {
  const { result, rerender } = list("name = 'a'");
  expect(result.current).toEqual(["name = 'a'", false]);
  rerender({ filter: "x", scope: "1" });
  expect(result.current).toEqual(["name = 'a'", true]);
  rerender({ filter: "xx", scope: "1" });
  expect(result.current).toEqual(["name = 'a'", true]);
  rerender({ filter: "", scope: "1" });
  expect(result.current).toEqual(["", false]);
  rerender({ filter: "xx", scope: "1" });
  expect(result.current).toEqual(["", true]);
});

test("nothing is kept where nothing was read, or of another list", () => {
  const { result, rerender } = list("x");
  expect(result.current).toEqual(["x", false]);
  rerender({ filter: "", scope: "1" });
  rerender({ filter: "x", scope: "2" });
  expect(result.current).toEqual(["x", false]);
});
