// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { answering, show } from "@/testing/show";
import { IssueLink } from "./issue-link";
import { IssuePanel } from "./issue-panel";

vi.mock("@/app/time-range", () => ({ useTimeRange: () => ({ zone: "UTC", clause: "" }) }));
vi.mock("@tanstack/react-router", () => ({
  Link: (props: { to: string; params?: object; search?: object; children: ReactNode }) => (
    <a href={`${props.to} ${JSON.stringify({ ...props.params, ...props.search })}`}>{props.children}</a>
  ),
}));

const ID = `iss-${"0".repeat(32)}`;
const ISSUE = {
  issue_id: ID,
  experiment_id: "1",
  name: "answers without looking",
  description: "No **tool** was called.",
  status: "pending",
  severity: null,
  root_causes: ["the prompt asks for short answers"],
  categories: ["grounding"],
  source_run_id: "run-1",
  created_by: "ada",
  created_ms: 1_700_000_000_000,
  updated_ms: 1_700_000_000_000,
};

const trace = (trace_id: string, more: object = {}) => ({
  trace_id,
  experiment_id: "1",
  name: `name of ${trace_id}`,
  state: "OK",
  status_message: "",
  start_ns: "1700000000000000000",
  request: '{"question": "Where is my order?"}',
  ...more,
});

const reference = (
  assessment_id: string,
  trace_id: string,
  rationale: string | null,
  span_id: string | null = null,
) => ({
  assessment_id,
  target: { trace_id, span_id, session: null },
  rationale,
});

const me = (experiment_ids: string[]) => ({
  role: "viewer",
  roles: {},
  server_actions: [],
  experiment_actions: { "assessment.write": { all_but: false, experiment_ids } },
});

const answers = {
  "/me": () => me(["1"]),
  [`/issues/${ID}`]: () => ({ issue: ISSUE, trace_count: 2 }),
  "/traces": (query: URLSearchParams) => {
    expect(query.get("filter")).toBe(`assessment(kind = 'ISSUE_REF' AND name = '${ID}' AND valid = true)`);
    const items = [trace("tr-2"), trace("tr-1", { state: "ERROR", status_message: "Timed out." })];
    return { items, cursor: null, partial: false, hints: [] };
  },
  "/assessments": (query: URLSearchParams) => {
    expect(query.get("filter")).toContain("trace IN ('tr-2', 'tr-1')");
    const items = [
      reference("a-1", "tr-1", "It never asked."),
      reference("a-2", "tr-1", "Nor did it say so.", "abcd"),
      reference("a-3", "tr-2", null, "ef01"),
    ];
    return { items, cursor: null, partial: false, hints: [] };
  },
};

test("an issue says what it is, and which traces show it and why", async () => {
  answering(answers);
  show(<IssuePanel issueId={ID} close={() => undefined} />);
  const rows = within(await screen.findByRole("table", { name: "Traces that show it" })).getAllByRole("row");
  expect(screen.getByText("the prompt asks for short answers")).toBeDefined();
  expect(rows).toHaveLength(3);
  const [, newer, older] = rows as [HTMLElement, HTMLElement, HTMLElement];
  expect(within(newer).getByText("no reason given")).toBeDefined();
  expect(within(newer).getByRole("link").getAttribute("href")).toContain('"span":"ef01"');
  expect(older.textContent).toContain("It never asked.");
  expect(older.textContent).toContain("Nor did it say so.");
  expect(older.textContent).toContain("failed: Timed out.");
  expect(within(older).getByRole("link").getAttribute("href")).not.toContain("abcd");
});

test("its state and severity are changed where one may", async () => {
  const changed = { ...ISSUE };
  const asked = answering({
    ...answers,
    [`/issues/${ID}`]: (_, body) => {
      if (body === undefined) return { issue: changed, trace_count: 2 };
      return Object.assign(changed, body);
    },
  });
  show(<IssuePanel issueId={ID} close={() => undefined} />);
  await userEvent.selectOptions(await screen.findByLabelText("State"), "resolved");
  await vi.waitFor(() => expect(asked.map(({ body }) => body)).toContainEqual({ status: "resolved" }));
  await vi.waitFor(() =>
    expect((screen.getByLabelText("State") as HTMLSelectElement).value).toBe("resolved"),
  );
  await userEvent.selectOptions(screen.getByLabelText("Severity"), "high");
  await vi.waitFor(() => expect(asked.map(({ body }) => body)).toContainEqual({ severity: "high" }));
});

test("it is named and described anew, and only what was changed is sent", async () => {
  const changed = { ...ISSUE };
  const asked = answering({
    ...answers,
    [`/issues/${ID}`]: (_, body) =>
      body === undefined ? { issue: changed, trace_count: 2 } : Object.assign(changed, body),
  });
  show(<IssuePanel issueId={ID} close={() => undefined} />);
  await userEvent.click(await screen.findByRole("button", { name: "Name or describe it anew" }));
  const save = screen.getByRole("button", { name: "Save" }) as HTMLButtonElement;
  expect(save.disabled).toBe(true);
  const name = screen.getByLabelText(/^Issue/);
  await userEvent.clear(name);
  await userEvent.type(name, "answers by heart");
  await userEvent.click(save);
  await screen.findByRole("complementary", { name: "answers by heart" });
  expect(asked.map(({ body }) => body)).toContainEqual({ name: "answers by heart" });
  expect(screen.queryByLabelText(/^Issue/)).toBeNull();
});

test("who may only look is told its state, and why nothing can be changed", async () => {
  answering({ ...answers, "/me": () => me([]) });
  show(<IssuePanel issueId={ID} close={() => undefined} />);
  expect(await screen.findByText("pending")).toBeDefined();
  expect(screen.queryByRole("combobox")).toBeNull();
  expect(await screen.findByText(/You may look, not change/)).toBeDefined();
});

test("a judgment leads to its issue by name; to one that is none it does not lead", async () => {
  const asked = answering(answers);
  show(
    <>
      <IssueLink experimentId="1" issueId={ID} />
      <IssueLink experimentId="1" issueId="ticket 12" />
    </>,
  );
  expect(
    (await screen.findByRole("link", { name: "answers without looking" })).getAttribute("href"),
  ).toContain(ID);
  expect(screen.getByText("ticket 12").closest("a")).toBeNull();
  expect(asked).toHaveLength(1);
});

test("until an issue is known, and where it is gone, a judgment says what it was called", async () => {
  answering({ [`/issues/${ID}`]: () => Response.json({ detail: "gone" }, { status: 404 }) });
  show(<IssueLink experimentId="1" issueId={ID} called="answers by heart" />);
  expect(screen.getByRole("link", { name: "answers by heart" })).toBeDefined();
  await vi.waitFor(() => expect(screen.getByText("answers by heart").closest("a")).toBeNull());
  expect(screen.queryByText(ID)).toBeNull();
});
