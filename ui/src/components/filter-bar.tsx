import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconFilter, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { toUtf16 } from "@/lib/filtertext";
import { text } from "@/strings";
import classes from "./filter-bar.module.css";
import { FilterMemory } from "./filter-memory";
import { usePageKeys } from "./page-keys";
import { type Entity, type FilterProblem, type Offer, useCompletion } from "./use-completion";
import { useFilterMemory } from "./use-filter-memory";
import { useShortcuts } from "./use-shortcuts";

const t = text.traces;

interface FilterBarProps {
  experimentId: string;
  entity: Entity;
  value: string;
  placeholder: string;
  onChange: (filter: string) => void;
  /** The list shows what the filter before found, since this one cannot be read. */
  stale?: boolean;
  /** Called with what is written, also before it is run: for forms that have a button of their own. */
  onDraft?: (draft: string) => void;
}

/** Where a filter is written: completion while typing, what is wrong at its place, saved and recent filters. */
export function FilterBar(props: FilterBarProps) {
  const { experimentId, entity, value, placeholder, onChange, onDraft, stale = false } = props;
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

  useEffect(() => onDraft?.(draft), [draft, onDraft]);

  usePageKeys(text.keys.filter);
  useShortcuts({ "/": () => input.current?.focus() });

  const place = (next: string, at: number) => {
    setDraft(next);
    setCaret(at);
    setChosen(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const take = (offer: Offer) => {
    if (offer.whole === true) return place(offer.text, offer.text.length);
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
      else setOpen(false);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };
  const correct = (suggestion: string) => {
    const next = corrected(draft, problem, suggestion);
    if (draft === value) run(next);
    else place(next, next.length);
    input.current?.focus();
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
              // Escape closes the list first, and a dialog around it only then.
              data-mantine-stop-propagation={open}
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
        <p
          id={`${listId}-problem`}
          className={classes.problem}
          // Above the list, not before it, where there is one: it stays where it is.
          data-applied={(draft === value && !stale) || undefined}
          role="alert"
        >
          <span>{problem.message}</span>
          {stale && draft === value && <span className="dim">{t.staleFilter}</span>}
          {problem.suggestion !== null && (
            <>
              {!problem.message.includes(problem.suggestion) && (
                <span>
                  {t.suggestion} <code>{problem.suggestion}</code>
                </span>
              )}
              <Button
                size="compact-xs"
                variant="light"
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => correct(problem.suggestion ?? "")}
              >
                {t.take}
              </Button>
            </>
          )}
        </p>
      )}
      {/* What is wrong only together with the time range, which completion does not see. */}
      {problem === null && !shown && stale && draft === value && (
        <p className={classes.problem} role="status">
          {t.staleFilter}
        </p>
      )}
    </div>
  );
}

/** A filter with what was suggested in the place of what is wrong. */
function corrected(draft: string, problem: FilterProblem | null, suggestion: string): string {
  if (problem === null || problem.whole === true) return suggestion;
  const [from, to] = [toUtf16(draft, problem.position), toUtf16(draft, problem.end)];
  return draft.slice(0, from) + suggestion + draft.slice(to);
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
