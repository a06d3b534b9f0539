// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { SpanSkeleton } from "@/api/schema";
import { buildTree, type SpanNode } from "@/lib/spantree";
import { show } from "@/testing/show";
import { SpanTree } from "./span-tree";
import { useTreeState } from "./use-tree-state";

const START_MS = 1_790_000_000_000;

function span(id: string, parent: string | null, status: SpanSkeleton["status"] = "OK"): SpanSkeleton {
  return {
    span_id: id,
    parent_id: parent,
    name: `step ${id}`,
    kind: "CHAIN",
    status,
    start_ns: `${START_MS}000000`,
    end_ns: `${START_MS + 5}000000`,
    model: null,
    tokens: null,
    cost_usd: null,
    size_bytes: 0,
  };
}

const TREE = buildTree([span("a", null), span("b", "a"), span("c", "b"), span("d", "a", "ERROR")]);

function Shown({ onOpen }: { onOpen: () => void }) {
  const state = useTreeState("tr-1", TREE);
  const [selected, select] = useState<SpanNode | undefined>(TREE.nodes[0]);
  return (
    <SpanTree
      state={state}
      selected={selected}
      window={{ fromMs: 0, toMs: TREE.lengthMs }}
      onSelect={select}
      onOpen={onOpen}
    />
  );
}

const names = () => screen.getAllByRole("treeitem").map((row) => /step ./.exec(row.textContent)?.[0]);
const selected = () => screen.getByRole("treeitem", { selected: true }).textContent;

test("has the focus when nothing else has, and is walked by keys", async () => {
  const onOpen = vi.fn();
  show(<Shown onOpen={onOpen} />);
  expect(document.activeElement).toBe(screen.getByRole("tree"));
  expect(names()).toEqual(["step a", "step b", "step c", "step d"]);
  const user = userEvent.setup();
  await user.keyboard("{ArrowDown}");
  expect(selected()).toContain("step b");
  await user.keyboard("{ArrowLeft}");
  expect(names()).toEqual(["step a", "step b", "step d"]);
  await user.keyboard("{ArrowRight}{End}");
  expect(names()).toHaveLength(4);
  expect(selected()).toContain("step d");
  expect(onOpen).not.toHaveBeenCalled();
  await user.keyboard("{Enter}");
  expect(onOpen).toHaveBeenCalledOnce();
});

test("letters walk it from anywhere but a field", async () => {
  show(
    <>
      <button type="button">elsewhere</button>
      <input aria-label="field" />
      <Shown onOpen={() => undefined} />
    </>,
  );
  const user = userEvent.setup();
  await user.click(screen.getByRole("button"));
  await user.keyboard("jj");
  expect(selected()).toContain("step c");
  await user.click(screen.getByRole("textbox"));
  await user.keyboard("k");
  expect(selected()).toContain("step c");
  expect(screen.getByRole("textbox")).toHaveProperty("value", "k");
});

test("what is folded away says that something failed in it", async () => {
  show(<Shown onOpen={() => undefined} />);
  await userEvent.keyboard("h");
  expect(names()).toEqual(["step a"]);
  expect(screen.getByRole("treeitem").textContent).toContain("1");
  expect(screen.getByRole("treeitem").getAttribute("aria-expanded")).toBe("false");
});
