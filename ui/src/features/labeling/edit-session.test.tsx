// @vitest-environment happy-dom
import { fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/client";
import type { LabelingSession } from "@/api/schema";
import { show } from "@/testing/show";
import { EditSession } from "./edit-session";
import { faultOf } from "./session-faults";

const calls = vi.hoisted(() => vi.fn());
vi.mock("@/api/client", async (original) => ({
  ...(await original<typeof import("@/api/client")>()),
  call: calls,
}));
afterEach(() => calls.mockReset());

const session = {
  run: { run_id: "r-1", name: "week 1", experiment_id: "1" },
  state: "OPEN",
  instructions: "Be fair.",
  reviewers: ["ada", "grace"],
  policy: {
    reviews_required: 2,
    mode: "open_pool",
    order: "oldest",
    blind_reviewers: true,
    blind_judges: false,
    blind_model: true,
    fields: ["request", "response"],
    min_agreement: 0.5,
    weights: {},
    lease_minutes: 77,
    overlap: 0.2,
  },
} as unknown as LabelingSession;

test("what is changed is sent with what the form does not show", async () => {
  calls.mockResolvedValue(session);
  const close = vi.fn();
  show(<EditSession session={session} close={close} />);
  fireEvent.change(screen.getByRole("textbox", { name: /Instructions/ }), { target: { value: "Be kind." } });
  fireEvent.click(screen.getByRole("button", { name: "Save the changes" }));
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const [operation, params, { body }] = calls.mock.calls[0] ?? [];
  expect([operation, params]).toEqual(["update_labeling_session", { run_id: "r-1" }]);
  expect(body).toMatchObject({ name: "week 1", instructions: "Be kind.", reviewers: ["ada", "grace"] });
  expect(body.policy).toMatchObject({
    lease_minutes: 77,
    overlap: 0.2,
    min_agreement: 0.5,
    reviews_required: 2,
    blind_judges: false,
    order: "oldest",
  });
});

test("what the server refuses is said at its field", async () => {
  const said = "3 reviews of each item need as many reviewers.";
  calls.mockRejectedValue(
    new Problem(400, `policy.reviews_required: ${said}`, "invalid", { field: "policy.reviews_required" }),
  );
  show(<EditSession session={session} close={vi.fn()} />);
  fireEvent.click(screen.getByRole("button", { name: "Save the changes" }));
  expect((await screen.findByText(said)).closest(".mantine-NumberInput-root")).not.toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an error that names no field is about the whole", () => {
  expect(faultOf(new Problem(409, "labeling session 'x' is CLOSED.", "labeling_state"))).toEqual({});
  expect(faultOf(new Problem(400, "reviewers: a name is given twice.", "invalid"))).toEqual({
    reviewers: "A name is given twice.",
  });
});
