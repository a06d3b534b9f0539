// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { answering, show } from "@/testing/show";
import { SchemaForm } from "./schema-form";

test("a schema is made with the fields of its input, and no others", async () => {
  const made = vi.fn();
  const asked = answering({ "/label-schemas": (_, body) => ({ ...(body as object), schema_id: "ls-1" }) });
  show(<SchemaForm experimentId="7" close={() => undefined} made={made} />);
  const user = userEvent.setup();
  await user.type(screen.getByRole("textbox", { name: /^Name/ }), "tone");
  await user.selectOptions(screen.getByRole("combobox", { name: "Answered by" }), "Options");
  await user.type(screen.getByRole("textbox", { name: /Options/ }), "cold\nwarm\ncold");
  await user.click(screen.getByRole("checkbox", { name: "They go from the least to the most" }));
  await user.click(screen.getByRole("button", { name: "Make the schema" }));
  await vi.waitFor(() => expect(made).toHaveBeenCalledOnce());
  expect(asked[0]?.body).toEqual({
    experiment: "7",
    name: "tone",
    title: "",
    instruction: null,
    kind: "FEEDBACK",
    input: { kind: "categorical", options: ["cold", "warm"], multi_select: false, ordered: true },
    enable_comment: false,
    direction: "higher",
  });
});

test("what the server refuses is said in the form, which stays", async () => {
  const close = vi.fn();
  answering({
    "/label-schemas": () =>
      Response.json(
        { detail: "label schema 'tone' exists already", code: "label_schema_exists" },
        { status: 409 },
      ),
  });
  show(<SchemaForm experimentId="7" close={close} made={() => undefined} />);
  const user = userEvent.setup();
  await user.type(screen.getByRole("textbox", { name: /^Name/ }), "tone");
  await user.click(screen.getByRole("button", { name: "Make the schema" }));
  expect((await screen.findByRole("alert")).textContent).toContain("exists already");
  expect(close).not.toHaveBeenCalled();
});
