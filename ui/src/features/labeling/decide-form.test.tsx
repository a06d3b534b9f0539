// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { LabelingItem, LabelingSession } from "@/api/schema";
import { answering, show } from "@/testing/show";
import { DecideForm } from "./decide-form";

const input = {
  kind: "pass_fail",
  positive_label: "Yes",
  negative_label: "No",
  options: [],
  multi_select: false,
  ordered: false,
  min_value: null,
  max_value: null,
  max_count: null,
  max_length: null,
  marks: "response",
};
const question = (name: string, title: string) => ({
  schema_id: `s-${name}`,
  name,
  title,
  instruction: null,
  kind: "FEEDBACK",
  enable_comment: false,
  input,
});
const session = {
  run: { run_id: "r-1", experiment_id: "1" },
  schemas: [question("kind", "Is it kind?"), question("right", "Is it right?"), question("short", "Short?")],
  policy: { min_agreement: 1 },
} as unknown as LabelingSession;

function review(slot: number, reviewer: string, answers: Record<string, boolean>) {
  const form = { answers, comments: {}, comment: null, flags: [], assertions: {}, duration_ms: null };
  const submission = { form, submitted_ms: 1, duration_ms: 1, key: null, assessments: {}, text_lengths: {} };
  return { assignment_id: `a-${slot}`, slot, round: 1, state: "SUBMITTED", reviewer, submission };
}
const item = {
  item_id: "i-1",
  run_id: "r-1",
  round: 1,
  state: "DISPUTED",
  adjudications: [],
  assignments: [
    review(0, "rita", { kind: true, right: true, short: true }),
    review(1, "ron", { kind: false, right: false, short: true }),
  ],
} as unknown as LabelingItem;

const decide = () => fireEvent.click(screen.getByRole("button", { name: "Decide" }));
const group = (name: RegExp) => screen.getByRole("group", { name });
const yes = (name: RegExp) => fireEvent.click(group(name).querySelectorAll("input")[0] as Element);

function write() {
  fireEvent.change(screen.getByRole("textbox", { name: /Reason/ }), { target: { value: "So it is." } });
  fireEvent.change(screen.getByRole("textbox", { name: /Your name/ }), { target: { value: "ada" } });
}

test("a decision is sent when all that is in dispute is answered, and says what is not", async () => {
  const sent = answering({
    "/me": () => ({ kind: "local", name: "", auth: false, experiments: {} }),
    "/labeling/items/i-1/adjudicate": () => item,
  });
  const close = vi.fn();
  show(<DecideForm session={session} item={item} close={close} />);
  await screen.findByRole("textbox", { name: /Your name/ });
  write();
  expect(group(/Short/).textContent).toContain("optional");
  expect(group(/kind/).textContent).not.toContain("optional");
  yes(/kind/);
  decide();
  expect((await screen.findByRole("alert")).textContent).toContain("still to be decided: Is it right?");
  expect(group(/right/).contains(document.activeElement)).toBe(true);
  expect(sent.filter(({ body }) => body !== undefined)).toEqual([]);
  yes(/right/);
  expect(screen.queryByRole("alert")).toBeNull();
  decide();
  await waitFor(() => expect(close).toHaveBeenCalled());
  const [body] = sent.flatMap((each) => (each.body === undefined ? [] : [each.body]));
  expect(body).toMatchObject({ answers: { kind: true, right: true, short: true }, comment: "So it is." });
});

test("what only the server finds in dispute is marked where it is asked", async () => {
  const refusal = { detail: "answers: kind in dispute", code: "invalid", details: { missing: ["kind"] } };
  answering({
    "/me": () => ({ kind: "local", name: "", auth: false, experiments: {} }),
    "/labeling/items/i-1/adjudicate": () => Response.json(refusal, { status: 400 }),
  });
  const lenient = { ...session, policy: { min_agreement: null } } as unknown as LabelingSession;
  show(<DecideForm session={lenient} item={item} close={vi.fn()} />);
  await screen.findByRole("textbox", { name: /Your name/ });
  write();
  decide();
  await waitFor(() => expect(group(/kind/).textContent).toContain("Answer this"));
  expect(group(/right/).textContent).not.toContain("Answer this");
});
