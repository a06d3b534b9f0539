import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type NamedId, namesOfIdsQuery } from "@/api/asset-queries";
import { assessmentNamesQuery, completionQuery, facetQuery } from "@/api/queries";
import type { AssessmentName, Facet } from "@/api/schema";
import { type JudgmentPlace, judgmentAt, keyed, quote, toCodePoints, wordsCondition } from "@/lib/filtertext";
import { visibleText } from "@/lib/hidden";
import { filterLiteral } from "@/lib/judgment";
import { text } from "@/strings";

const t = text.traces;
const DEBOUNCE_MS = 120;
const MOST = 60;
const MOST_LENGTH = 200;
const NONE: readonly AssessmentName[] = [];
/** Lists whose filters speak of judgments. */
const JUDGED: ReadonlySet<Entity> = new Set<Entity>(["trace", "session"]);
const NO_IDS: readonly string[] = [];
/** Fields that hold ids but may be asked for by name; each by what it holds ids of. */
const NAMED: Readonly<Record<string, "model" | "run">> = {
  model: "model",
  model_id: "model",
  run: "run",
  run_id: "run",
};

export type Entity =
  | "trace"
  | "session"
  | "user"
  | "audit"
  | "run"
  | "dataset"
  | "record"
  | "model"
  | "prompt";

export interface Offer {
  text: string;
  doc: string;
  kind: string;
  /** It stands for all that is written, not for the word at the caret. */
  whole?: boolean;
}

export interface FilterProblem {
  message: string;
  position: number;
  end: number;
  suggestion: string | null;
  /** The suggestion stands for all that is written. */
  whole?: boolean;
}

/** What may be written at the caret, with the values that the field really has; and what is wrong. */
export function useCompletion(
  experiment: string,
  entity: Entity,
  draft: string,
  caret: number,
  open: boolean,
): { offers: Offer[]; replaces: { start: number; end: number }; problem: FilterProblem | null } {
  const [slow] = useDebouncedValue(`${caret} ${draft}`, DEBOUNCE_MS);
  const at = Number(slow.slice(0, slow.indexOf(" ")));
  const settled = slow.slice(slow.indexOf(" ") + 1);
  const asked = useQuery({
    ...completionQuery(settled, toCodePoints(settled, at), entity),
    enabled: open || settled !== "",
  });
  const completion = asked.data?.completion;
  const field = entity === "trace" ? (completion?.field ?? null) : null;
  const values = useQuery({
    ...facetQuery({ experiment, filter: "" }, field ?? "state", 20),
    enabled: field !== null,
  });
  const named = NAMED[field ?? ""];
  const ids = named === undefined ? NO_IDS : idsOf(values.data);
  const names = useQuery({
    ...namesOfIdsQuery(experiment, named ?? "model", ids),
    enabled: ids.length > 0,
  });
  const judgment = JUDGED.has(entity) ? judgmentAt(settled, at) : null;
  const judged = useJudged(experiment, judgment);
  const fresh = settled === draft && at === caret && !asked.isPlaceholderData && completion !== undefined;
  if (!fresh) return { offers: [], replaces: { start: 0, end: 0 }, problem: null };
  const offers: Offer[] = completion.items.map(({ text, doc, kind }) => ({ text, doc, kind }));
  if (field !== null && values.data !== undefined && !(names.isPending && ids.length > 0)) {
    const typed = Array.from(settled).slice(completion.start, completion.end).join("").toLowerCase();
    for (const offer of valuesOffered(values.data, names.data)) {
      const fits = offer.text.toLowerCase().startsWith(typed);
      if (fits && !offers.some((each) => each.text === offer.text)) offers.push(offer);
    }
  }
  for (const offer of judged) if (!offers.some((each) => each.text === offer.text)) offers.push(offer);
  const words = entity === "trace" && judgment === null ? wordsCondition(settled) : null;
  const problem: FilterProblem | null = asked.data?.problem ?? null;
  offers.splice(MOST);
  if (words !== null && problem !== null) {
    offers.push({ text: words, doc: t.wordsDoc, kind: "value", whole: true });
    if (problem.suggestion === null)
      return { offers, replaces: completion, problem: withWords(problem, words) };
  }
  return { offers, replaces: completion, problem };
}

function idsOf(facet: Facet | undefined): readonly string[] {
  return (facet?.values ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
}

/** The values that a field has; what has a name of its own by that, and by its id where others are called the same. */
function valuesOffered(facet: Facet, names: ReadonlyMap<string, NamedId> | undefined): Offer[] {
  return facet.values.flatMap(({ value, count }) => {
    if (value === null) return [];
    const named = names?.get(value);
    const written = named?.unique === true ? named.name : value;
    if (written.length > MOST_LENGTH) return [];
    const counted = t.count(String(count), true);
    const doc = named === undefined || named.unique ? counted : `${visibleText(named.name)}: ${counted}`;
    return [{ text: quote(written), doc, kind: "value" }];
  });
}

function withWords(problem: FilterProblem, words: string): FilterProblem {
  return { ...problem, suggestion: words, whole: true };
}

/** Names of judgments, and the values that one has, the most frequent first. */
function useJudged(experiment: string, place: JudgmentPlace | null): Offer[] {
  const kind = place?.field === "expectation" ? "EXPECTATION" : "FEEDBACK";
  const found = useQuery({ ...assessmentNamesQuery(experiment), enabled: place !== null });
  if (place === null) return [];
  const names = (found.data?.names ?? NONE).filter((each) => each.kind === kind);
  const said =
    place.name === null
      ? names.map(({ name, count }) => ({ text: keyed(place.field, name), count }))
      : (names.find((each) => each.name === place.name)?.values ?? []).flatMap(({ value, count }) => {
          const text = filterLiteral(value);
          return text === null ? [] : [{ text, count }];
        });
  return said
    .filter((each) => each.text.toLowerCase().startsWith(place.typed.toLowerCase()))
    .map(({ text, count }) => ({ text, doc: t.judgments(count), kind: "value" }));
}
