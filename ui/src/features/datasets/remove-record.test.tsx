// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Dataset, DatasetRecord } from "@/api/schema";
import { answering, show } from "@/testing/show";
import { RemoveRecord } from "./remove-record";

const dataset = { dataset_id: "d-1", latest_version: 3, draft_changes: 0 } as Dataset;
const record = (record_id: string, external_id: string | null) =>
  ({ record_id, external_id }) as DatasetRecord;

async function removed(of: Dataset, version: string, answer: () => unknown) {
  const asked = answering({ "/datasets/d-1/records": answer });
  const done = vi.fn();
  show(
    <RemoveRecord
      dataset={of}
      version={version}
      record={record("r-2", "b")}
      first={record("r-1", "a")}
      done={done}
    />,
  );
  await userEvent.click(screen.getByRole("button", { name: "Remove the record b" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Remove b?" }));
  return { asked, done, dialog };
}

test("of the latest version it is removed by a further one, and only of that", async () => {
  const { asked, done, dialog } = await removed(dataset, "3", () => ({ deleted: 1, version: 4 }));
  expect(dialog.getByText(/Version 4 is made without it/)).toBeDefined();
  await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(done).toHaveBeenCalledWith(undefined));
  expect(asked).toEqual([
    {
      path: "/datasets/d-1/records",
      body: {
        operation: "delete",
        delete_ids: ["r-2"],
        draft: false,
        message: "Remove what says almost the same as a",
        expected_version: 3,
      },
    },
  ]);
});

test("where there is a draft it is removed from that", async () => {
  const drafted = { ...dataset, draft_changes: 2 };
  const { asked, done, dialog } = await removed(drafted, "3", () => ({ deleted: 1, version: null }));
  expect(dialog.getByText(/removed from the draft/)).toBeDefined();
  await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(done).toHaveBeenCalledWith("draft"));
  expect(asked[0]?.body).toMatchObject({ draft: true, expected_version: null });
});

test("a refusal is said where it was asked for", async () => {
  const refused = { detail: "version: is 4 by now.", code: "conflict", details: {} };
  const { done, dialog } = await removed(dataset, "3", () => Response.json(refused, { status: 409 }));
  await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
  expect(await dialog.findByText(/is 4 by now/)).toBeDefined();
  expect(done).not.toHaveBeenCalled();
});
