import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { completionQuery, facetQuery } from "@/api/queries";
import { quote, toCodePoints, toUtf16 } from "@/lib/filtertext";
import { text } from "@/strings";
import classes from "./filter-bar.module.css";
import { FilterMemory } from "./filter-memory";
import { useFilterMemory } from "./use-filter-memory";
import { useShortcuts } from "./use-shortcuts";

const t = text.traces;
const DEBOUNCE_MS = 120;
const MOST = 60;

interface FilterBarProps {
  experimentId: string;
  entity: "trace" | "session" | "user";
  value: string;
  placeholder: string;
  onChange: (filter: string) => void;
}

interface Offer {
  text: string;
  doc: string;
  kind: string;
}

/** Where a filter is written: completion while typing, what is wrong at its place, saved and recent filters. */
export function FilterBar({ experimentId, entity, value, placeholder, onChange }: FilterBarProps) {
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();
  const memory = useFilterMemory(`${experimentId}.${entity}`);
  const { offers, replaces, problem } = useCompletion(experimentId, entity, draft, caret, open);

  useEffect(() => {
    setDraft(value);
    setCaret(value.length);
  }, [value]);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  useShortcuts({ "/": () => input.current?.focus() });

  const place = (next: string, at: number) => {
    setDraft(next);
    setCaret(at);
    setChosen(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const take = (offer: Offer) => {
    const joins = /[.(]$/.test(offer.text) ? "" : " ";
    const before = draft.slice(0, toUtf16(draft, replaces.start)) + offer.text + joins;
    place(
      before + draft.slice(toUtf16(draft, replaces.end)).replace(/^ /, joins === "" ? " " : ""),
      before.length,
    );
  };
  const run = (filter: string) => {
    setOpen(false);
    if (filter.trim() !== "") memory.use(filter.trim());
    onChange(filter.trim());
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    const offer = offers[chosen] ?? (event.key === "Tab" && open && draft !== "" ? offers[0] : undefined);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((at) => Math.max(-1, Math.min(offers.length - 1, at + step)));
    } else if ((event.key === "Enter" || event.key === "Tab") && open && offer !== undefined) {
      event.preventDefault();
      take(offer);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (problem === null) run(draft);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };
  const shown = open && offers.length > 0;
  return (
    <div className={classes.bar}>
      <div className={classes.row}>
        <div className={classes.field} data-wrong={problem !== null || undefined}>
          <IconFilter size={14} className={classes.icon} aria-hidden />
          <div className={classes.text}>
            <input
              ref={input}
              className={classes.input}
              aria-label={t.filter}
              role="combobox"
              aria-expanded={shown}
              aria-controls={listId}
              aria-autocomplete="list"
              aria-invalid={problem !== null}
              aria-describedby={problem === null ? undefined : `${listId}-problem`}
              aria-activedescendant={shown && chosen >= 0 ? `${listId}-${chosen}` : undefined}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              placeholder={placeholder}
              value={draft}
              onFocus={() => setOpen(true)}
              onBlur={() => setOpen(false)}
              onKeyDown={onKey}
              onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? draft.length)}
              onChange={(event) => {
                setDraft(event.currentTarget.value);
                setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
                setChosen(-1);
                setOpen(true);
              }}
            />
            {problem !== null && <Underline input={input} draft={draft} problem={problem} />}
          </div>
          {draft !== "" && (
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t.clearFilter}
              onClick={() => run("")}
            >
              <IconX size={14} />
            </ActionIcon>
          )}
        </div>
        <Tooltip label="Enter">
          <Button
            onClick={() => run(draft)}
            disabled={problem !== null}
            variant={draft === value ? "default" : "filled"}
          >
            {t.run}
          </Button>
        </Tooltip>
        <FilterMemory memory={memory} filter={value} choose={run} />
      </div>
      <div
        id={listId}
        ref={list}
        role="listbox"
        aria-label={t.suggestions}
        className={classes.list}
        hidden={!shown}
      >
        {offers.map((offer, index) => (
          <div
            key={offer.text}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={classes.offer}
            onMouseDown={(event) => {
              event.preventDefault();
              take(offer);
            }}
          >
            <code>{offer.text}</code>
            <span className="dim clip">{offer.doc}</span>
          </div>
        ))}
      </div>
      {problem !== null && !shown && (
        <p id={`${listId}-problem`} className={classes.problem} role="alert">
          {problem.message}
          {problem.suggestion !== null && (
            <Button
              size="compact-xs"
              variant="subtle"
              onClick={() => {
                const [from, to] = [toUtf16(draft, problem.position), toUtf16(draft, problem.end)];
                const next = draft.slice(0, from) + problem.suggestion + draft.slice(to);
                place(next, from + (problem.suggestion?.length ?? 0));
                input.current?.focus();
              }}
            >
              {t.take}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

interface FilterProblem {
  message: string;
  position: number;
  end: number;
  suggestion: string | null;
}

/** What may be written at the caret, with the values that the field really has; and what is wrong. */
function useCompletion(
  experiment: string,
  entity: FilterBarProps["entity"],
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
  const fresh = settled === draft && at === caret && !asked.isPlaceholderData && completion !== undefined;
  if (!fresh) return { offers: [], replaces: { start: 0, end: 0 }, problem: null };
  const offers: Offer[] = completion.items.map(({ text, doc, kind }) => ({ text, doc, kind }));
  if (field !== null && values.data !== undefined) {
    const typed = Array.from(settled).slice(completion.start, completion.end).join("").toLowerCase();
    for (const { value, count } of values.data.values) {
      if (value === null || value.length > 200) continue;
      const quoted = quote(value);
      const fits = quoted.toLowerCase().startsWith(typed);
      if (fits && !offers.some((offer) => offer.text === quoted))
        offers.push({ text: quoted, doc: t.count(String(count), true), kind: "value" });
    }
  }
  return { offers: offers.slice(0, MOST), replaces: completion, problem: asked.data?.problem ?? null };
}

/** Draws a line below the place that is wrong, under the very characters. */
function Underline({
  input,
  draft,
  problem,
}: {
  input: React.RefObject<HTMLInputElement | null>;
  draft: string;
  problem: FilterProblem;
}) {
  const [scroll, setScroll] = useState(0);
  useEffect(() => {
    const element = input.current;
    if (element === null) return;
    const follow = () => setScroll(element.scrollLeft);
    follow();
    element.addEventListener("scroll", follow);
    return () => element.removeEventListener("scroll", follow);
  }, [input]);
  const from = toUtf16(draft, problem.position);
  const to = Math.max(from, toUtf16(draft, problem.end));
  return (
    <div className={classes.mirror} aria-hidden data-testid="filter-underline">
      <span style={{ transform: `translateX(${-scroll}px)` }}>
        {draft.slice(0, from)}
        <mark>{draft.slice(from, to) || " "}</mark>
      </span>
    </div>
  );
}
