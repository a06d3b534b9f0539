// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Dataset, NearDuplicateGroup } from "@/api/schema";
import { answering, show } from "@/testing/show";
import { withoutRecords } from "./near-duplicates";
import { PublishDraft } from "./publish-draft";

const dataset = { dataset_id: "d-1", experiment_id: "1", latest_version: 3, draft_changes: 2 } as Dataset;
const me = (experiment_ids: string[]) => ({
  role: "viewer",
  roles: {},
  server_actions: [],
  experiment_actions: { "dataset.write": { all_but: false, experiment_ids } },
});

test("what a draft changes is published as a version after the one that was looked at", async () => {
  const asked = answering({
    "/me": () => me(["1"]),
    "/datasets/d-1/publish": () => ({ version: { version: 4 }, made: true }),
  });
  const published = vi.fn();
  show(<PublishDraft dataset={dataset} published={published} />);
  await userEvent.click(await screen.findByRole("button", { name: "Publish 2 changes" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Publish version 4" }));
  await userEvent.type(dialog.getByLabelText("Message"), "one of each");
  await userEvent.click(dialog.getByRole("button", { name: "Publish" }));
  await waitFor(() => expect(published).toHaveBeenCalled());
  expect(asked).toContainEqual({
    path: "/datasets/d-1/publish",
    body: { message: "one of each", expected_version: 3 },
  });
});

test("without changes, or where one may not, there is nothing to publish", async () => {
  const asked = answering({ "/me": () => me([]) });
  show(
    <>
      <PublishDraft dataset={{ ...dataset, draft_changes: 0 }} published={() => undefined} />
      <PublishDraft dataset={dataset} published={() => undefined} />
    </>,
  );
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(screen.queryByRole("button")).toBeNull();
});

test("a group keeps what is left of it, and is none of one record", () => {
  const group = (...record_ids: string[]) => ({ record_ids }) as NearDuplicateGroup;
  const left = withoutRecords([group("a", "b", "c"), group("d", "e")], new Set(["a", "e"]));
  expect(left.map(({ record_ids }) => record_ids)).toEqual([["b", "c"]]);
});
