/** What the pages of datasets, versions, prompts and scorers read. Keys begin with the noun. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { quote } from "@/lib/filtertext";
import { call } from "./client";

const MINUTE_MS = 60_000;
const AT_ONCE = 100;
/** Versions of a dataset or prompt that are offered. */
const MOST_VERSIONS = 200;
/** Versions or runs of some names that are looked at to see whether a name stands for one alone. */
const MOST_CALLED = 200;

interface List {
  experiment: string;
  filter: string;
  order: string;
}

export const datasetsQuery = ({ experiment, filter, order }: List) =>
  infiniteQueryOptions({
    queryKey: ["datasets", experiment, filter, order],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "search_datasets",
        { experiment: [experiment], filter, order, limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const datasetVersionsQuery = (dataset_id: string) =>
  queryOptions({
    queryKey: ["dataset-versions", dataset_id],
    queryFn: ({ signal }) => call("list_dataset_versions", { dataset_id, limit: MOST_VERSIONS }, { signal }),
  });

export const recordsQuery = (dataset_id: string, version: string, filter: string) =>
  infiniteQueryOptions({
    queryKey: ["records", dataset_id, version, filter],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_records", { dataset_id, version, filter, limit: AT_ONCE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const recordDifferencesQuery = (dataset_id: string, before: string, after: string) =>
  infiniteQueryOptions({
    queryKey: ["record-differences", dataset_id, before, after],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "diff_dataset_versions",
        { dataset_id, before, after, limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

/** Records of a version that say almost the same; the server compares them, which takes it some time. */
export const nearDuplicatesQuery = (dataset_id: string, version: string, threshold: number) =>
  queryOptions({
    queryKey: ["near-duplicates", dataset_id, version, threshold],
    staleTime: version === "draft" ? 0 : MINUTE_MS,
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }) => call("get_near_duplicates", { dataset_id, version, threshold }, { signal }),
  });

export const recordHistoryQuery = (dataset_id: string, record_id: string) =>
  queryOptions({
    queryKey: ["record-history", dataset_id, record_id],
    queryFn: ({ signal }) => call("get_record_history", { dataset_id, record_id }, { signal }),
  });

export const modelsQuery = ({ experiment, filter, order }: List) =>
  infiniteQueryOptions({
    queryKey: ["models", experiment, filter, order],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "search_models",
        { experiment: [experiment], filter, order, limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const modelQuery = (model_id: string) =>
  queryOptions({
    queryKey: ["model", model_id],
    queryFn: ({ signal }) => call("get_model", { model_id }, { signal }),
  });

/** What a version is called; "" where it has no name, or is none of the experiment's. Asked by a search, as an id that a
 * trace was given need not be a version that there is. */
export const versionNameQuery = (experiment: string, model_id: string) =>
  queryOptions({
    queryKey: ["models", "name", experiment, model_id],
    staleTime: MINUTE_MS,
    queryFn: async ({ signal }) => {
      const asked = { experiment: [experiment], filter: `id = ${quote(model_id)}`, limit: 1 };
      return (await call("search_models", asked, { signal })).items[0]?.name ?? "";
    },
  });

export interface NamedId {
  name: string;
  /** Nothing else of its kind is called so in the experiment. */
  unique: boolean;
}

/** What versions or runs are called, by their ids; what has no name, or is none of the experiment's, is left out. */
export const namesOfIdsQuery = (experiment: string, kind: "model" | "run", ids: readonly string[]) =>
  queryOptions({
    queryKey: [`${kind}s`, "names", experiment, ids],
    staleTime: MINUTE_MS,
    queryFn: async ({ signal }) => {
      const found = await idsAndNames(experiment, kind, oneOf("id", ids), signal);
      const known = found.filter(([, name]) => name !== "");
      if (known.length === 0) return new Map<string, NamedId>();
      const called = await idsAndNames(
        experiment,
        kind,
        oneOf(
          "name",
          known.map(([, name]) => name),
        ),
        signal,
      );
      return new Map<string, NamedId>(
        known.map(([id, name]) => [
          id,
          {
            name,
            unique: called.filter(([, other]) => other === name).length === 1 && called.length < MOST_CALLED,
          },
        ]),
      );
    },
  });

function oneOf(field: string, values: readonly string[]): string {
  return `${field} IN (${[...new Set(values)].map(quote).join(", ")})`;
}

async function idsAndNames(
  experiment: string,
  kind: "model" | "run",
  filter: string,
  signal: AbortSignal,
): Promise<readonly (readonly [string, string])[]> {
  const asked = { experiment: [experiment], filter, limit: MOST_CALLED };
  if (kind === "model") {
    const { items } = await call("search_models", asked, { signal });
    return items.map(({ model_id, name }) => [model_id, name]);
  }
  const { items } = await call("search_runs", asked, { signal });
  return items.map(({ run_id, name }) => [run_id, name]);
}

export const modelDiffQuery = (left: string, right: string) =>
  queryOptions({
    queryKey: ["model-diff", left, right],
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("diff_models", { left, right }, { signal }),
  });

export const aliasEventsQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["alias-events", experiment],
    queryFn: ({ signal }) => call("list_alias_events", { experiment, limit: AT_ONCE }, { signal }),
  });

export const promptsQuery = ({ experiment, filter, order }: List) =>
  infiniteQueryOptions({
    queryKey: ["prompts", experiment, filter, order],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "search_prompts",
        { experiment: [experiment], filter, order, limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const promptQuery = (experiment: string, name: string) =>
  queryOptions({
    queryKey: ["prompt", experiment, name],
    queryFn: ({ signal }) => call("get_prompt", { name, experiment }, { signal }),
  });

export const promptVersionsQuery = (experiment: string, name: string) =>
  queryOptions({
    queryKey: ["prompt-versions", experiment, name],
    queryFn: ({ signal }) =>
      call("list_prompt_versions", { name, experiment, limit: MOST_VERSIONS }, { signal }),
  });

export const promptMovesQuery = (experiment: string, name: string) =>
  queryOptions({
    queryKey: ["prompt-moves", experiment, name],
    queryFn: ({ signal }) =>
      call("list_prompt_alias_events", { name, experiment, limit: AT_ONCE }, { signal }),
  });

export const scorersQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["scorers", experiment],
    queryFn: ({ signal }) => call("list_scorers", { experiment: [experiment] }, { signal }),
  });

export const scorerVersionsQuery = (experiment: string, name: string) =>
  queryOptions({
    queryKey: ["scorer-versions", experiment, name],
    queryFn: ({ signal }) => call("get_scorer_versions", { name, experiment }, { signal }),
  });
