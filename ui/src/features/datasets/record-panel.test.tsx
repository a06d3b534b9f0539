// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Dataset, DatasetRecord } from "@/api/schema";
import { answering, show } from "@/testing/show";
import { RecordPanel } from "./record-panel";

vi.mock("@/app/time-range", () => ({ useTimeRange: () => ({ zone: "UTC", clause: "" }) }));

test("of a record that was made from nothing, nothing is said of where it is from", async () => {
  answering({ "/datasets/d-1/records/r-1/history": () => [] });
  const record = {
    record_id: "r-1",
    external_id: null,
    inputs: { q: "Where?" },
    expectations: {},
    outputs: null,
    source: null,
    split: "test",
    tags: {},
    author: null,
    updated_ms: 0,
  } as unknown as DatasetRecord;
  show(
    <RecordPanel
      experimentId="1"
      dataset={{ dataset_id: "d-1" } as Dataset}
      version="1"
      record={record}
      edited={undefined}
      close={() => undefined}
    />,
  );
  expect(screen.queryByRole("button", { name: "Edit the record" })).toBeNull();
  expect(await screen.findByText("Split")).toBeDefined();
  expect(screen.queryByText("Made from")).toBeNull();
});
