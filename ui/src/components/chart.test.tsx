// @vitest-environment happy-dom
import type uPlot from "uplot";
import { beforeEach, expect, test, vi } from "vitest";
import { show } from "@/testing/show";
import { Chart } from "./chart";

const drawn = vi.hoisted(() => ({ options: [] as unknown[] }));

// A test has no canvas: what the plot is asked to draw is looked at.
vi.mock("uplot", () => ({
  default: class {
    static paths = {};
    constructor(options: unknown) {
      drawn.options.push(options);
    }
    setSize() {}
    destroy() {}
  },
}));

beforeEach(() => {
  drawn.options = [];
});

function chart(times: readonly number[], whole: boolean): uPlot.Options {
  const values = times.map(() => 7);
  show(
    <Chart
      title="Traffic"
      headline="7"
      times={times}
      bucketMs={1_000}
      series={[{ label: "Traffic", color: "--accent", values }]}
      kind="bars"
      format={String}
      whole={whole}
      zone="UTC"
      onRange={() => undefined}
    />,
  );
  return drawn.options.at(-1) as uPlot.Options;
}

/** What the plot hands over where it has one time alone: it makes a day of it. */
const A_DAY = [60, 86_460] as const;

test("one bucket is as wide as it is", () => {
  const range = chart([60_000], false).scales?.x?.range;
  if (typeof range !== "function") throw new Error("the plot finds the range itself");
  expect(range({} as uPlot, ...A_DAY, "x")).toEqual([60, 61]);
});

test("at the axis of a count stand whole numbers alone", () => {
  const steps = chart([60_000], true).axes?.[1]?.incrs as number[];
  expect(steps.slice(0, 4)).toEqual([1, 2, 5, 10]);
  expect(chart([60_000], false).axes?.[1]?.incrs).toBeUndefined();
});
