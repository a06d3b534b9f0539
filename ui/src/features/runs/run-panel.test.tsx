// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { answering, show } from "@/testing/show";
import { Artifacts } from "./artifacts";
import { MetricHistory } from "./metric-history";

vi.mock("@/app/time-range", () => ({ useTimeRange: () => ({ zone: "UTC", clause: "" }) }));

const point = (step: number, value: number | string, timestamp_ms = step) => ({
  key: "loss",
  step,
  value,
  timestamp_ms,
});

test("a metric's history is a line by step, with its points in a table", async () => {
  answering({
    "/runs/r-1/metrics": (query) => {
      expect(query.get("key")).toBe("loss");
      return { items: [point(0, 0.5), point(1, "NaN"), point(2, 0.25)], cursor: null };
    },
  });
  show(<MetricHistory runId="r-1" name="loss" />);
  expect(await screen.findByRole("img", { name: "loss, by step" })).toBeDefined();
  expect(screen.getByText("Points: 3")).toBeDefined();
  expect(screen.getByText("NaN")).toBeDefined();
  expect(screen.queryByText(/There are more/)).toBeNull();
});

test("points of one step are a line by time, and a cut history says so", async () => {
  answering({ "/runs/r-1/metrics": () => ({ items: [point(0, 1, 10), point(0, 2, 20)], cursor: "c" }) });
  show(<MetricHistory runId="r-1" name="loss" />);
  expect(await screen.findByRole("img", { name: "loss, by time" })).toBeDefined();
  expect(screen.getByText("There are more; these are the first 10,000.")).toBeDefined();
});

test("artifacts are files to save, and folders to go into and out of", async () => {
  answering({
    "/runs/r-1/artifacts": (query) =>
      query.get("path") === "plots"
        ? [{ name: "a b.html", size_bytes: 2_048 }]
        : [
            { name: "plots", size_bytes: null },
            { name: "notes.txt", size_bytes: 5 },
          ],
  });
  show(<Artifacts runId="r-1" />);
  const notes = await screen.findByRole("link", { name: "notes.txt" });
  expect(notes.getAttribute("href")).toBe("/api/v1/runs/r-1/artifacts/content?path=notes.txt");
  await userEvent.click(screen.getByRole("button", { name: "plots/" }));
  const inside = await screen.findByRole("link", { name: "a b.html" });
  expect(inside.getAttribute("href")).toBe("/api/v1/runs/r-1/artifacts/content?path=plots%2Fa+b.html");
  await userEvent.click(screen.getByRole("button", { name: "The folder above" }));
  expect(await screen.findByRole("link", { name: "notes.txt" })).toBeDefined();
});

test("a run without files has no part for them", async () => {
  const asked = answering({ "/runs/r-1/artifacts": () => [] });
  const { container } = show(<Artifacts runId="r-1" />);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(container.textContent).not.toContain("Artifacts");
});
