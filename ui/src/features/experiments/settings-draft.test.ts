import { expect, test } from "vitest";
import { Problem } from "@/api/client";
import type { Experiment } from "@/api/schema";
import { changeOf, draftOf, faultsOf, isUnusual, shortened } from "./settings-draft";

const experiment: Experiment = {
  experiment_id: "7",
  name: "kitchen",
  lifecycle: "ACTIVE",
  created_ms: 0,
  updated_ms: 0,
  created_by: null,
  description: "Cooks.",
  tags: { team: "cooks", stage: "test" },
  artifact_root: null,
  settings: {
    capture: "full",
    mask_patterns: [" [0-9]{4}", "a\nb"],
    mask_secrets: true,
    prices: [
      {
        model: "m",
        provider: null,
        input_usd_per_mtok: 1.5,
        output_usd_per_mtok: null,
        cache_read_usd_per_mtok: null,
        cache_write_usd_per_mtok: 0,
      },
    ],
    retention: { max_age_days: 90, max_traces: null, max_bytes: null },
    recommended_tags: ["release"],
    environments: [],
    default_environment: null,
    gated_aliases: [],
    enforce_label_schemas: false,
    budget: { max_usd: 20, period: "month" },
  },
};
const before = draftOf(experiment);
const refused = (message: string, code = "invalid") => new Problem(400, message, code);

test("nothing is sent but what changed", () => {
  expect(changeOf(before, before)).toEqual({});
  expect(changeOf(before, { ...before, description: "" })).toEqual({ description: "" });
  expect(changeOf(before, { ...before, name: " bakery " })).toEqual({ name: "bakery" });
  expect(changeOf(before, { ...before, tags: "team=bakers\nnew=1" })).toEqual({
    set_tags: { team: "bakers", new: "1" },
    delete_tags: ["stage"],
  });
});

test("of a budget its amount and its period are sent by themselves", () => {
  expect(changeOf(before, { ...before, period: "week" })).toEqual({
    settings: { budget: { period: "week" } },
  });
  expect(changeOf(before, { ...before, max_usd: " " })).toEqual({ settings: { budget: { max_usd: null } } });
  expect(changeOf(before, { ...before, max_usd: "a lot" })).toEqual({
    settings: { budget: { max_usd: "a lot" } },
  });
  expect(faultsOf(refused("settings.budget.max_usd: -1 is not valid."))).toEqual({
    max_usd: "-1 is not valid.",
  });
});

test("of the settings those are sent that changed, single limits too", () => {
  const after = { ...before, gated_aliases: "live\n\n live \nnext", max_age_days: "30" };
  expect(changeOf(before, after)).toEqual({
    settings: { gated_aliases: ["live", "next"], retention: { max_age_days: 30 } },
  });
  expect(changeOf(before, { ...before, max_age_days: "" })).toEqual({
    settings: { retention: { max_age_days: null } },
  });
});

test("patterns keep their blanks, and prices their nothing and their zero", () => {
  const after = { ...before, mask_patterns: `${before.mask_patterns}\n\nx `, prices: [...before.prices] };
  expect(changeOf(before, after).settings?.mask_patterns).toEqual([" [0-9]{4}", "a\\nb", "x "]);
  const priced = { ...before, prices: before.prices.map((each) => ({ ...each, output_usd_per_mtok: "2" })) };
  expect(changeOf(before, priced).settings?.prices).toEqual([
    { ...experiment.settings.prices[0], output_usd_per_mtok: 2 },
  ]);
});

test("what is no number is left to the server, and never taken for no limit", () => {
  const body = changeOf(before, { ...before, max_traces: "many" });
  expect(body.settings?.retention).toMatchObject({ max_traces: "many" });
});

test("a limit that is new or lower keeps less", () => {
  expect(shortened(before, { ...before, max_age_days: "91" })).toEqual({});
  expect(shortened(before, { ...before, max_age_days: "" })).toEqual({});
  expect(shortened(before, { ...before, max_age_days: "-1", max_traces: "x" })).toEqual({});
  expect(shortened(before, { ...before, max_age_days: "30", max_bytes: "1000" })).toEqual({
    max_age_days: 30,
    max_bytes: 1000,
  });
});

test("what the server has against a change is said at its field", () => {
  const at = (message: string, code?: string) => faultsOf(refused(message, code));
  expect(at("settings.retention.max_age_days: -1 is not valid; Input should be greater than 0.")).toEqual({
    max_age_days: "-1 is not valid; Input should be greater than 0.",
  });
  expect(at("retention.max_bytes: no.")).toEqual({ max_bytes: "No." });
  expect(at("settings.prices.0.model: '' is not valid; x.")).toEqual({
    "prices.0.model": "'' is not valid; x.",
  });
  expect(at("prices.model: 'a' is not valid.")).toEqual({ prices: "'a' is not valid." });
  expect(at("mask_patterns: RLIKE: '(' is not valid.")).toEqual({
    mask_patterns: "RLIKE: '(' is not valid.",
  });
  expect(at("environment: 'x' is not valid.")).toEqual({ environments: "'x' is not valid." });
  expect(at("settings.gated_aliases.0: '' is not valid.")).toEqual({ gated_aliases: "'' is not valid." });
  expect(at("tag key: '' is not valid.")).toEqual({ tags: "'' is not valid." });
  expect(at("experiment name 'x' is taken; choose another.", "experiment_name_taken")).toEqual({
    name: "Experiment name 'x' is taken; choose another.",
  });
  expect(at("experiment '7' is deleted; restore it.")).toEqual({});
  expect(faultsOf(new Error("x"))).toEqual({});
});

test("what is otherwise than nobody has set it is known", () => {
  expect(isUnusual(before, "max_age_days")).toBe(true);
  expect(isUnusual(before, "prices")).toBe(true);
  expect(isUnusual(before, "mask_secrets")).toBe(false);
  expect(isUnusual(before, "name")).toBe(false);
});
