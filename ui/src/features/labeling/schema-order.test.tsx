// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import type { LabelSchema } from "@/api/schema";
import { show } from "@/testing/show";
import { SchemaOrder } from "./schema-order";

const schemas = ["Kind?", "Right?", "Short?"].map((title) => ({
  schema_id: `s-${title}`,
  title,
})) as LabelSchema[];

function Form() {
  const [ids, setIds] = useState<readonly string[]>(schemas.map(({ schema_id }) => schema_id));
  const asked = ids.flatMap((id) => schemas.filter(({ schema_id }) => schema_id === id));
  return <SchemaOrder asked={asked} onChange={setIds} />;
}

const order = () => screen.getAllByRole("listitem").map((item) => item.textContent);
const focused = () => document.activeElement?.getAttribute("aria-label");

test("questions are put in order by keyboard, and the focus stays with the one that moves", async () => {
  show(<Form />);
  const user = userEvent.setup();
  screen.getByRole("button", { name: "Move up: Short?" }).focus();
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["Kind?", "Short?", "Right?"]);
  expect(focused()).toBe("Move up: Short?");
  expect(screen.getByRole("status").textContent).toBe("Short? is question 2 of 3 now.");
  await user.keyboard(" ");
  expect(order()).toEqual(["Short?", "Kind?", "Right?"]);
  // Nothing is above it any more: the focus is where it can go on.
  expect(focused()).toBe("Move down: Short?");
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["Kind?", "Short?", "Right?"]);
  expect(screen.getByRole("button", { name: "Move down: Right?" }).hasAttribute("disabled")).toBe(true);
});
