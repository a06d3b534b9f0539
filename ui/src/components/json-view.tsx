import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./json-view.module.css";
import { SafeText } from "./safe-text";

const MOST_CHILDREN = 100;
const MOST_CHARACTERS = 1_000;
const OPEN_DEPTH = 2;

/** Any JSON value as a tree that opens and closes; large ones show their beginning and the way to the rest. */
export function JsonView({ value }: { value: unknown }) {
  return (
    <div className={classes.json}>
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (typeof value === "string") return <Text value={value} />;
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
  const [open, setOpen] = useState(depth < OPEN_DEPTH && (depth === 0 || entries.length <= 20));
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
