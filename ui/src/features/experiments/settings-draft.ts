/** The settings of an experiment while they are written: what a form holds, and what is sent of it. */

import type { Body } from "@/api/client";
import { Problem } from "@/api/client";
import type { Experiment, PriceBody, SettingsBody } from "@/api/schema";
import { linesOf } from "@/lib/labeling";
import { parseTags, tagChange, tagLines } from "./tag-lines";

export const AMOUNTS = [
  "input_usd_per_mtok",
  "output_usd_per_mtok",
  "cache_read_usd_per_mtok",
  "cache_write_usd_per_mtok",
] as const;
export const LIMITS = ["max_age_days", "max_traces", "max_bytes"] as const;
export type Limit = (typeof LIMITS)[number];
export type PriceDraft = Record<"model" | "provider" | (typeof AMOUNTS)[number], string>;

/** Lists are lines, numbers are texts as they are typed. */
export interface SettingsDraft extends Record<Limit, string> {
  name: string;
  description: string;
  tags: string;
  capture: Experiment["settings"]["capture"];
  mask_patterns: string;
  mask_secrets: boolean;
  prices: readonly PriceDraft[];
  recommended_tags: string;
  environments: string;
  default_environment: string;
  gated_aliases: string;
  enforce_label_schemas: boolean;
  max_usd: string;
  period: Experiment["settings"]["budget"]["period"];
}

export type Setting = keyof SettingsDraft;

/** How an experiment is that nobody has configured; its name is its own. */
export const USUAL: Omit<SettingsDraft, "name"> = {
  description: "",
  tags: "",
  capture: "full",
  mask_patterns: "",
  mask_secrets: true,
  prices: [],
  max_age_days: "",
  max_traces: "",
  max_bytes: "",
  recommended_tags: "",
  environments: "",
  default_environment: "",
  gated_aliases: "",
  enforce_label_schemas: false,
  max_usd: "",
  period: "month",
};

export const EMPTY_PRICE: PriceDraft = {
  model: "",
  provider: "",
  input_usd_per_mtok: "",
  output_usd_per_mtok: "",
  cache_read_usd_per_mtok: "",
  cache_write_usd_per_mtok: "",
};

const written = (value: number | string | null) => (value === null ? "" : String(value));

export function draftOf({ name, description, tags, settings }: Experiment): SettingsDraft {
  const { retention } = settings;
  return {
    name,
    description,
    tags: tagLines(tags),
    capture: settings.capture,
    // A line is a pattern; what would break one is written as expressions write it.
    mask_patterns: settings.mask_patterns.map((each) => each.replaceAll("\n", "\\n")).join("\n"),
    mask_secrets: settings.mask_secrets,
    prices: settings.prices.map((price) => ({
      model: price.model,
      provider: price.provider ?? "",
      input_usd_per_mtok: written(price.input_usd_per_mtok),
      output_usd_per_mtok: written(price.output_usd_per_mtok),
      cache_read_usd_per_mtok: written(price.cache_read_usd_per_mtok),
      cache_write_usd_per_mtok: written(price.cache_write_usd_per_mtok),
    })),
    max_age_days: written(retention.max_age_days),
    max_traces: written(retention.max_traces),
    max_bytes: written(retention.max_bytes),
    recommended_tags: settings.recommended_tags.join("\n"),
    environments: settings.environments.join("\n"),
    default_environment: settings.default_environment ?? "",
    gated_aliases: settings.gated_aliases.join("\n"),
    enforce_label_schemas: settings.enforce_label_schemas,
    max_usd: written(settings.budget.max_usd),
    period: settings.budget.period,
  };
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** What a draft has otherwise than the one that it was made of. */
export function changedIn(before: SettingsDraft, after: SettingsDraft): Setting[] {
  return (Object.keys(after) as Setting[]).filter((key) => !same(before[key], after[key]));
}

/** Whether a setting is otherwise than nobody has set it. */
export function isUnusual(draft: SettingsDraft, key: Setting): boolean {
  return key !== "name" && !same(draft[key], USUAL[key]);
}

/** A number, or null where nothing is written; what is no number is sent as it stands, for the server to name. */
function numberOf(typed: string): number | null {
  const text = typed.trim();
  if (text === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : (text as unknown as number);
}

function settingOf(draft: SettingsDraft, key: Setting): Partial<SettingsBody> {
  switch (key) {
    case "capture":
    case "mask_secrets":
    case "enforce_label_schemas":
      return { [key]: draft[key] };
    case "mask_patterns":
      // Blanks at the ends of a pattern mean something.
      return { mask_patterns: draft.mask_patterns.split("\n").filter((line) => line.trim() !== "") };
    case "recommended_tags":
    case "environments":
    case "gated_aliases":
      return { [key]: linesOf(draft[key]) };
    case "default_environment":
      return { default_environment: draft.default_environment.trim() || null };
    case "prices":
      return { prices: draft.prices.map(priceOf) };
    default:
      return {};
  }
}

function priceOf(draft: PriceDraft): PriceBody {
  const price: PriceBody = { model: draft.model.trim(), provider: draft.provider.trim() || null };
  for (const name of AMOUNTS) price[name] = numberOf(draft[name]);
  return price;
}

/** What is sent: nothing but what changed, so that what somebody else has set meanwhile stays. */
export function changeOf(before: SettingsDraft, after: SettingsDraft): Body<"update_experiment"> {
  const body: Body<"update_experiment"> = {};
  const settings: SettingsBody = {};
  const retention: Partial<Record<Limit, number | null>> = {};
  const budget: NonNullable<SettingsBody["budget"]> = {};
  for (const key of changedIn(before, after)) {
    if (key === "name") body.name = after.name.trim();
    else if (key === "description") body.description = after.description;
    else if (key === "tags")
      Object.assign(body, tagChange(parseTags(before.tags).tags ?? {}, parseTags(after.tags).tags ?? {}));
    else if (isLimit(key)) retention[key] = numberOf(after[key]);
    else if (key === "max_usd") budget.max_usd = numberOf(after.max_usd);
    else if (key === "period") budget.period = after.period;
    else Object.assign(settings, settingOf(after, key));
  }
  if (Object.keys(retention).length > 0) settings.retention = retention;
  if (Object.keys(budget).length > 0) settings.budget = budget;
  if (Object.keys(settings).length > 0) body.settings = settings;
  return body;
}

function isLimit(key: Setting): key is Limit {
  return (LIMITS as readonly string[]).includes(key);
}

/** The limits that now keep less than before, as numbers. */
export function shortened(before: SettingsDraft, after: SettingsDraft): Partial<Record<Limit, number>> {
  const found: Partial<Record<Limit, number>> = {};
  for (const limit of LIMITS) {
    const next = numberOf(after[limit]);
    const old = numberOf(before[limit]);
    if (typeof next === "number" && next > 0 && (old === null || next < old)) found[limit] = next;
  }
  return found;
}

/** What the server calls otherwise than the form. */
const OTHER_NAMES: Record<string, Setting> = {
  environment: "environments",
  alias: "gated_aliases",
  "tag key": "tags",
  set_tags: "tags",
  delete_tags: "tags",
  "experiment name": "name",
};

/** What the server has against a change, by field: a setting, or a place such as `prices.0.model`. */
export function faultsOf(error: unknown): Partial<Record<string, string>> {
  if (!(error instanceof Problem)) return {};
  if (error.code === "experiment_name_taken") return { name: capital(error.message) };
  const said = /^([a-z_.0-9 ]+): (.*)$/s.exec(error.message);
  const place = said?.[1]?.replace(/^settings\./, "").replace(/^(retention|budget)\./, "");
  if (place === undefined || said?.[2] === undefined) return {};
  if (/^prices\.\d+\./.test(place)) return { [place]: capital(said[2]) };
  const name = place.split(".")[0] ?? place;
  const setting = OTHER_NAMES[name] ?? name;
  return setting === "name" || setting in USUAL ? { [setting]: capital(said[2]) } : {};
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
