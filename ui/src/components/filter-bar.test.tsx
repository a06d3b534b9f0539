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

test("versions are offered by their names, and by their ids where a name is not one's alone", async () => {
  const [first, second, third] = ["m-1", "m-2", "m-3"];
  const model = (model_id: string | undefined, name: string) => ({ model_id, name });
  const page = (items: unknown[]) => ({ items, cursor: null, partial: false, hints: [] });
  const counts = [first, second, third].map((value) => ({ value, count: 4 }));
  answering({
    "/filters/complete": () => ({
      completion: { ...nothing, start: 8, end: 8, field: "model" },
      problem: null,
    }),
    "/traces/facet": () => ({ field: "model", values: counts, examined: 12, complete: true }),
    "/models": (query) =>
      query.get("filter")?.startsWith("id IN ")
        ? page([model(first, "v1"), model(second, "twice")])
        : page([model(first, "v1"), model(second, "twice"), model("m-9", "twice")]),
  });
  show(bar("model = "));
  await userEvent.click(screen.getByRole("combobox", { name: t.filter }));
  await screen.findByRole("option", { name: /'v1'/ });
  const offered = screen.getAllByRole("option").map((each) => each.textContent);
  expect(offered).toEqual(["'v1'4 traces", "'m-2'twice: 4 traces", "'m-3'4 traces"]);
});
