// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { LabelingReport } from "@/api/schema";
import { show } from "@/testing/show";
import { ThroughputPart } from "./report-people";

vi.mock("@/app/time-range", () => ({ useTimeRange: () => ({ zone: "UTC", clause: "" }) }));

test("time of work is told as every other duration is", () => {
  const throughput = {
    reviews: 3,
    first_ms: null,
    last_ms: null,
    timed: 3,
    median_ms: 25_800,
    median_interval: null,
    hours: 0.0215,
    reviews_per_hour: 140,
    days: [],
  } as unknown as LabelingReport["throughput"];
  show(<ThroughputPart throughput={throughput} />);
  expect(screen.getByText("1m 17s")).toBeDefined();
});
