import { useMemo } from "react";
import type { EvaluationRow } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { errorGroups } from "./row-errors";

const t = text.evaluation;
const MOST_SHOWN = 20;

interface ErrorListProps {
  rows: readonly EvaluationRow[];
  /** The words that rows are looked for by now. */
  find: string;
  onFind: (words: string | undefined) => void;
}

/** The errors of an evaluation with how many rows have each; one leads to its rows. */
export function ErrorList({ rows, find, onFind }: ErrorListProps) {
  const groups = useMemo(() => errorGroups(rows), [rows]);
  if (groups.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.errors} aria-label={t.errorsByMessage} tabIndex={0}>
      <ul>
        {groups.slice(0, MOST_SHOWN).map(({ scorer, said, rows: count }) => (
          <li key={`${scorer ?? ""}\n${said}`}>
            <button
              type="button"
              className={classes.picked}
              aria-pressed={find === said}
              onClick={() => onFind(find === said ? undefined : said)}
            >
              <SafeText text={said} />
            </button>{" "}
            <span className="dim">
              {scorer === null ? t.byProgram : <SafeText text={scorer} />} · {t.rowCount(exactNumber(count))}
            </span>
          </li>
        ))}
      </ul>
      {groups.length > MOST_SHOWN && (
        <p className="dim">{text.common.moreOf(exactNumber(groups.length - MOST_SHOWN))}</p>
      )}
    </section>
  );
}
