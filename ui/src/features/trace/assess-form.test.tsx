// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { text } from "@/strings";
import { answering, show } from "@/testing/show";
import { AssessForm } from "./assess-form";

const t = text.assess;

function form(close: () => void = () => undefined) {
  return <AssessForm traceId="tr-1" close={close} saved={async () => undefined} />;
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
