// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { LabelingSession, LabelSchema, SchemaReport } from "@/api/schema";
import { show } from "@/testing/show";
import { SchemaPart } from "./report-schema";

const report = {
  name: "correct",
  answers: 1,
  panel: null,
  gold: 0,
  gold_right: 0,
  note: null,
  spans: null,
  judges: [],
} as unknown as SchemaReport;
const schema = (name: string, title: string) => ({ name, title }) as LabelSchema;
const part = (schemas: LabelSchema[]) => (
  <SchemaPart
    report={report}
    schema={schemas.find(({ name }) => name === report.name)}
    session={{ schemas } as unknown as LabelingSession}
    titles={{}}
  />
);

test("a part is headed by the question as it was asked, with the key beside it", () => {
  show(part([schema("correct", "Is it right?"), schema("tone", "Is it kind?")]));
  expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("Is it right? correct · 1 answer");
  expect(screen.getByRole("region", { name: "Is it right?" })).toBeDefined();
});

test("two that ask the same are told apart", () => {
  show(part([schema("correct", "Is it right?"), schema("tone", "Is it right?")]));
  expect(screen.getByRole("region", { name: "Is it right? (correct)" })).toBeDefined();
});

test("a schema that is gone has its key", () => {
  show(part([]));
  expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("correct 1 answer");
});
