import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { createContext, useContext, useMemo, useState } from "react";
import { exactNumber } from "@/lib/format";
import { WrittenNumber } from "@/lib/jsonnumbers";
import { text } from "@/strings";
import classes from "./json-view.module.css";
import { SafeText } from "./safe-text";

const MOST_CHILDREN = 100;
const MOST_CHARACTERS = 1_000;
const OPEN_DEPTH = 2;
/** Trees of fewer values are open altogether. */
const SMALL = 60;

/** Any JSON value as a tree that opens and closes; large ones show their beginning and the way to the rest. */
export function JsonView({ value }: { value: unknown }) {
  const openDepth = useMemo(
    () => (countUpTo(value, SMALL) < SMALL ? Number.POSITIVE_INFINITY : OPEN_DEPTH),
    [value],
  );
  return (
    <div className={classes.json}>
      <OpenDepth value={openDepth}>
        <Value value={value} depth={0} />
      </OpenDepth>
    </div>
  );
}

/** How deep a tree is open at first: a small one altogether. */
const OpenDepth = createContext(OPEN_DEPTH);

/** Counts the values in a value, but no further than to `most`. */
export function countUpTo(value: unknown, most: number): number {
  const waiting = [value];
  let count = 0;
  while (waiting.length > 0 && count < most) {
    const next = waiting.pop();
    count += 1;
    if (typeof next === "object" && next !== null) waiting.push(...Object.values(next).slice(0, most));
  }
  return count;
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (typeof value === "string") return <Text value={value} />;
  if (value instanceof WrittenNumber) return <span className={classes.scalar}>{value.text}</span>;
  if (Array.isArray(value))
    return <Children entries={value.map((item, index) => [String(index), item])} depth={depth} list />;
  if (typeof value === "object" && value !== null)
    return <Children entries={Object.entries(value)} depth={depth} />;
  return <span className={classes.scalar}>{String(value)}</span>;
}

function Children({
  entries,
  depth,
  list = false,
}: {
  entries: [string, unknown][];
  depth: number;
  list?: boolean;
}) {
  const openDepth = useContext(OpenDepth);
  const [open, setOpen] = useState(depth < openDepth && (depth === 0 || entries.length <= 20));
  const [shown, setShown] = useState(MOST_CHILDREN);
  const brackets = list ? "[]" : "{}";
  if (entries.length === 0) return <span className={classes.scalar}>{brackets}</span>;
  const Icon = open ? IconChevronDown : IconChevronRight;
  return (
    <>
      <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon size={12} aria-hidden />
        <span className="dim">
          {brackets[0]}
          {exactNumber(entries.length)}
          {brackets[1]}
        </span>
      </button>
      {open && (
        <div className={classes.children}>
          {entries.slice(0, shown).map(([key, item]) => (
            <div key={key} className={classes.entry}>
              <span className={classes.key}>
                <SafeText text={key} />
              </span>
              <div className={classes.value}>
                <Value value={item} depth={depth + 1} />
              </div>
            </div>
          ))}
          {entries.length > shown && (
            <button
              type="button"
              className={classes.more}
              onClick={() => setShown(shown + MOST_CHILDREN * 5)}
            >
              {text.common.moreOf(exactNumber(entries.length - shown))}
            </button>
          )}
        </div>
      )}
    </>
  );
}

function Text({ value }: { value: string }) {
  const [all, setAll] = useState(false);
  const cut = !all && value.length > MOST_CHARACTERS;
  return (
    <span className={classes.text}>
      <SafeText text={cut ? value.slice(0, MOST_CHARACTERS) : value} />
      {cut && (
        <button type="button" className={classes.more} onClick={() => setAll(true)}>
          {text.trace.showAll(exactNumber(value.length))}
        </button>
      )}
    </span>
  );
}
