// @vitest-environment happy-dom
import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import type { LabelSchema } from "@/api/schema";
import type { Mark } from "@/lib/spans";
import { show } from "@/testing/show";
import { type MarkPlaces, MarkSpans } from "./mark-spans";

const schema = { input: { kind: "spans", options: ["made up", "rude"], marks: "response", max_count: 2 } };
const texts = [
  { field: "request", text: "Who?" },
  { field: "response", text: "<b>Ada</b> was born in 1915." },
];
const kept: { marks: readonly Mark[] | null } = { marks: null };

const NOWHERE = {};

function Held({ places = NOWHERE }: { places?: MarkPlaces }) {
  const [marks, setMarks] = useState<readonly Mark[] | null>(null);
  kept.marks = marks;
  return (
    <MarkSpans
      schema={schema as unknown as LabelSchema}
      texts={texts}
      places={places}
      inHand
      take={() => undefined}
      hinted
      marks={marks}
      onMarks={setMarks}
      described={{ "aria-describedby": "x", "aria-invalid": false }}
    />
  );
}

function select(from: number, to: number) {
  const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Text to mark: response" });
  field.setSelectionRange(from, to);
  fireEvent.select(field);
  return field;
}

test("what is selected is marked by a button or by its number, and taken off again", () => {
  show(<Held />);
  expect(screen.queryByRole("textbox", { name: /request/ })).toBeNull();
  select(23, 27);
  fireEvent.click(screen.getByRole("button", { name: /Mark as.*made up/ }));
  expect(kept.marks).toEqual([{ field: "response", start: 23, end: 27, label: "made up", text: "1915" }]);
  fireEvent.keyDown(select(3, 6), { key: "2" });
  expect(kept.marks?.map(({ label, text }) => [label, text])).toEqual([
    ["rude", "Ada"],
    ["made up", "1915"],
  ]);
  // As many as the schema takes: a further one is not.
  fireEvent.keyDown(select(0, 2), { key: "1" });
  expect(kept.marks).toHaveLength(2);
  expect(document.querySelectorAll("mark")).toHaveLength(2);
  expect(document.querySelector("b")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Take the mark off: Ada (rude)" }));
  fireEvent.click(screen.getByRole("button", { name: "Take the mark off: 1915 (made up)" }));
  expect(kept.marks).toBeNull();
});

test("that there is nothing to mark is an answer", () => {
  show(<Held />);
  const nothing = screen.getByRole("checkbox", { name: "There is nothing to mark" });
  fireEvent.click(nothing);
  expect(kept.marks).toEqual([]);
  fireEvent.click(nothing);
  expect(kept.marks).toBeNull();
});

test("a text is marked where it stands on the page, with its marks behind its words", () => {
  const place = document.body.appendChild(document.createElement("div"));
  show(<Held places={{ response: place }} />);
  const field = select(3, 6);
  expect(place.contains(field)).toBe(true);
  const button = screen.getByRole("button", { name: "Mark as made up" });
  expect(button.textContent).toBe("Mark as made up 1");
  fireEvent.click(button);
  expect(place.querySelector("mark")?.textContent).toBe("made upAda");
  expect(kept.marks?.map(({ start, end }) => [start, end])).toEqual([[3, 6]]);
});
