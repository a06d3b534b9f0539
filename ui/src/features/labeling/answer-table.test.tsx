// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Adjudication, Assignment, LabelSchema, ReviewForm } from "@/api/schema";
import { show } from "@/testing/show";
import { AnswerTable } from "./answer-table";

const schema = (name: string, title: string) =>
  ({
    schema_id: name,
    name,
    title,
    input: { kind: "pass_fail", positive_label: "Right", negative_label: "Wrong" },
  }) as LabelSchema;
const form = (answers: Record<string, unknown>, comment: string | null = null): ReviewForm => ({
  answers,
  comments: {},
  comment,
  flags: [],
  assertions: {},
  duration_ms: null,
});
const review = (reviewer: string, answers: Record<string, unknown>) =>
  ({
    assignment_id: reviewer,
    reviewer,
    verified: true,
    submission: { form: form(answers), duration_ms: 14_100 },
  }) as Assignment;

test("a reviewer who found nothing to mark has answered", () => {
  const marks = { ...schema("made_up", "What is made up?"), input: { kind: "spans", marks: "response" } };
  show(
    <AnswerTable
      schemas={[marks as LabelSchema]}
      reviews={[review("rita", { made_up: [] }), review("ron", {})]}
      decision={undefined}
      gold={{}}
    />,
  );
  expect(screen.getAllByRole("cell").map((cell) => cell.textContent)).toEqual([
    "nothing marked",
    "no answer",
    "14.1 s",
    "14.1 s",
  ]);
});

test("every answer stands beside the others, and those that differ are marked", () => {
  const decision = { by: "ada", form: form({ right: false }, "Read it twice.") } as Adjudication;
  const reviews = [
    review("rita", { right: true, polite: true }),
    review("ron", { right: false, polite: true }),
  ];
  show(
    <AnswerTable
      schemas={[schema("right", "Is it right?"), schema("polite", "Is it polite?")]}
      reviews={reviews}
      decision={decision}
      gold={{ right: false }}
    />,
  );
  const rowOf = (title: string) => screen.getByRole("row", { name: new RegExp(`^${title}`) });
  const cells = (title: string) =>
    within(rowOf(title))
      .getAllByRole("cell")
      .map((cell) => cell.textContent);
  expect(cells("Is it right")).toEqual(["Right", "Wrong", "Wrong"]);
  expect(cells("Is it polite")).toEqual(["Right", "Right", "no answer"]);
  expect(cells("Comment")).toEqual(["", "", "Read it twice."]);
  expect(cells("Time taken")).toEqual(["14.1 s", "14.1 s", "–"]);
  expect(rowOf("Is it right").dataset.differ).toBe("true");
  expect(rowOf("Is it polite").dataset.differ).toBeUndefined();
});
