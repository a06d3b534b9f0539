// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { text } from "@/strings";
import { answering, show } from "@/testing/show";
import { FilterBar } from "./filter-bar";

const t = text.traces;
const nothing = { start: 0, end: 0, items: [], field: null };
const unknown = (word: string) => ({
  completion: { ...nothing, end: word.length },
  problem: { message: `filter: unknown field '${word}'`, position: 0, end: word.length, suggestion: null },
});

function bar(value: string, onChange: (filter: string) => void = () => undefined) {
  return <FilterBar experimentId="1" entity="trace" value={value} placeholder="" onChange={onChange} />;
}

test("completes a field by keyboard and runs the filter", async () => {
  answering({
    "/filters/complete": (query) =>
      query.get("text") === "sta"
        ? {
            completion: {
              ...nothing,
              end: 3,
              items: [{ text: "state", kind: "field", doc: "How it ended" }],
            },
            problem: unknown("sta").problem,
          }
        : { completion: nothing, problem: null },
  });
  const onChange = vi.fn();
  show(bar("", onChange));
  const user = userEvent.setup();
  const input = screen.getByRole("combobox", { name: t.filter });
  await user.type(input, "sta");
  await screen.findByRole("option", { name: /state How it ended/ });
  await user.keyboard("{ArrowDown}{Enter}");
  expect(input).toHaveProperty("value", "state ");
  expect(onChange).not.toHaveBeenCalled();
  await user.type(input, "= 'OK'");
  await waitFor(() => expect(input.getAttribute("aria-invalid")).toBe("false"));
  await user.keyboard("{Escape}{Enter}");
  expect(onChange).toHaveBeenCalledWith("state = 'OK'");
});

test("a bare word is led to a search for it", async () => {
  answering({ "/filters/complete": () => unknown("weather") });
  const onChange = vi.fn();
  show(bar("weather", onChange));
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("unknown field 'weather'");
  expect(alert.textContent).toContain("text ~ 'weather'");
  await userEvent.click(screen.getByRole("button", { name: t.take }));
  expect(onChange).toHaveBeenCalledWith("text ~ 'weather'");
});

test("a suggestion of the server stands in the place of what is wrong, and nothing runs while it is wrong", async () => {
  const problem = { message: "filter: unknown field", position: 0, end: 5, suggestion: "state" };
  answering({ "/filters/complete": () => ({ completion: nothing, problem }) });
  const onChange = vi.fn();
  show(bar("stade = 'OK'", onChange));
  const take = await screen.findByRole("button", { name: t.take });
  const input = screen.getByRole("combobox", { name: t.filter });
  await userEvent.type(input, "{Enter}");
  expect(onChange).not.toHaveBeenCalled();
  await userEvent.click(take);
  expect(onChange).toHaveBeenCalledWith("state = 'OK'");
});
