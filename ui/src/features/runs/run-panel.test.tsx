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

test("a file is shown as the text that it is, and a picture as a picture", async () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const files: Record<string, BodyInit> = {
    "page.svg": "<svg onload='alert(1)'><script>alert(2)</script></svg>",
    "scores.csv": 'question,right\n"Why, then?",true\n',
    "plot.png": png,
    "model.pkl": new Uint8Array([0x80, 0x04, 0x00]),
  };
  answering({
    "/runs/r-1/artifacts": () => Object.keys(files).map((name) => ({ name, size_bytes: 9 })),
    "/runs/r-1/artifacts/content": (query) => new Response(files[query.get("path") ?? ""]),
  });
  const { container } = show(<Artifacts runId="r-1" />);
  const look = async (name: string) => {
    await userEvent.click(await screen.findByRole("button", { name: `Show ${name}` }));
    return screen.findByRole("region", { name: `Preview of ${name}` });
  };
  expect((await look("page.svg")).textContent).toContain("<svg onload='alert(1)'>");
  expect(container.querySelector("svg[onload], script, iframe, object, embed")).toBeNull();
  const table = (await look("scores.csv")).querySelector("table");
  expect([...(table?.querySelectorAll("td") ?? [])].map((cell) => cell.textContent)).toEqual([
    "Why, then?",
    "true",
  ]);
  expect((await look("model.pkl")).textContent).toContain("save it to look at it");
  await look("plot.png");
  const picture = await screen.findByRole("img", { name: "The picture plot.png" });
  expect(picture.getAttribute("src")).toMatch(/^data:image\/png;base64,/);
});

test("a run without files has no part for them", async () => {
  const asked = answering({ "/runs/r-1/artifacts": () => [] });
  const { container } = show(<Artifacts runId="r-1" />);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(container.textContent).not.toContain("Artifacts");
});
