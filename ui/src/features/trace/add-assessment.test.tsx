// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { text } from "@/strings";
import { answering, show } from "@/testing/show";
import { AddAssessment } from "./add-assessment";

const t = text.assess;

function form(close: () => void = () => undefined) {
  return <AddAssessment traceId="tr-1" experimentId="1" close={close} saved={async () => undefined} />;
}

test("logs feedback with a typed value, then closes", async () => {
  const asked = answering({ "/assessments": () => ({}) });
  const close = vi.fn();
  show(form(close));
  const save = screen.getByRole("button", { name: t.save });
  expect(save).toHaveProperty("disabled", true);
  await userEvent.type(screen.getByRole("combobox", { name: /Name/ }), "correctness");
  await userEvent.click(screen.getByRole("button", { name: t.no }));
  await userEvent.type(screen.getByRole("textbox", { name: t.rationale }), " gave up ");
  await userEvent.click(save);
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(asked).toHaveLength(1);
  expect(asked[0]?.body).toMatchObject({
    trace_id: "tr-1",
    span_id: null,
    kind: "FEEDBACK",
    name: "correctness",
    value: false,
    rationale: "gave up",
  });
});

test("logs what should have come out as an expectation", async () => {
  const asked = answering({ "/assessments": () => ({}) });
  show(form());
  await userEvent.click(screen.getByText(t.kinds.EXPECTATION));
  expect(screen.queryByRole("button", { name: t.yes })).toBeNull();
  await userEvent.type(screen.getByRole("combobox", { name: /Name/ }), "expected_answers");
  await userEvent.type(screen.getByRole("textbox", { name: /Value/ }), '[["the subcutis"]');
  await userEvent.click(screen.getByRole("button", { name: t.save }));
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.body).toMatchObject({ kind: "EXPECTATION", value: ["the subcutis"] });
});

test("a refused save keeps what was written and says why", async () => {
  const refusal = { detail: "your role here is viewer", code: "forbidden", request_id: "rq-1" };
  answering({ "/assessments": () => Response.json(refusal, { status: 403 }) });
  const close = vi.fn();
  show(form(close));
  await userEvent.type(screen.getByRole("combobox", { name: /Name/ }), "correctness");
  await userEvent.click(screen.getByRole("button", { name: t.yes }));
  await userEvent.click(screen.getByRole("button", { name: t.save }));
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain(text.problem.forbidden);
  expect(alert.textContent).toContain("your role here is viewer");
  expect(screen.getByRole("combobox", { name: /Name/ })).toHaveProperty("value", "correctness");
  expect(close).not.toHaveBeenCalled();
});

const ISSUE = {
  issue_id: "iss-1",
  experiment_id: "1",
  name: "answers by heart",
  description: "No tool was called.",
  status: "resolved",
  severity: null,
  root_causes: [],
  categories: [],
  source_run_id: null,
  created_ms: 0,
  updated_ms: 0,
  created_by: null,
};

test("links the trace to an issue, with its reason", async () => {
  const asked = answering({
    "/issues": () => ({ items: [{ issue: ISSUE, trace_count: 2 }], cursor: null }),
    "/assessments": () => ({}),
  });
  const close = vi.fn();
  show(form(close));
  await userEvent.click(screen.getByText(t.kinds.ISSUE_REF));
  await screen.findByRole("option", { name: "answers by heart (resolved)" });
  await userEvent.type(screen.getByRole("textbox", { name: t.rationale }), "step 3");
  await userEvent.click(screen.getByRole("button", { name: t.link }));
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(asked.find(({ path }) => path === "/assessments")?.body).toEqual({
    trace_id: "tr-1",
    kind: "ISSUE_REF",
    name: "iss-1",
    identifier: "link",
    rationale: "step 3",
  });
});

test("a second try to link goes on with the issue that the first one made", async () => {
  let tries = 0;
  const asked = answering({
    "/issues": (_, body) =>
      body === undefined ? { items: [], cursor: null } : { ...ISSUE, issue_id: "iss-2" },
    "/assessments": () => (++tries === 1 ? Response.json({ detail: "later" }, { status: 503 }) : {}),
  });
  const close = vi.fn();
  show(form(close));
  await userEvent.click(screen.getByText(t.kinds.ISSUE_REF));
  await userEvent.type(await screen.findByRole("textbox", { name: /Issue/ }), "answers by heart");
  const link = screen.getByRole("button", { name: t.link });
  expect(link).toHaveProperty("disabled", true);
  await userEvent.type(screen.getByRole("textbox", { name: /What it is/ }), "No tool was called.");
  await userEvent.click(link);
  await screen.findByRole("alert");
  await userEvent.click(link);
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(asked.filter(({ path, body }) => path === "/issues" && body !== undefined)).toHaveLength(1);
  expect(asked.findLast(({ path }) => path === "/assessments")?.body).toMatchObject({
    kind: "ISSUE_REF",
    name: "iss-2",
  });
});
