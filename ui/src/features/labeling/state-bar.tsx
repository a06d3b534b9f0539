import { exactNumber } from "@/lib/format";
import { doneOf, ITEM_STATES, totalOf } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.labeling;

type Counts = Readonly<Record<string, number>>;

/** The items of a session by state: a bar, and the counts that it shows. */
export function StateBar({ counts }: { counts: Counts }) {
  const present = ITEM_STATES.filter((state) => (counts[state] ?? 0) > 0);
  return (
    <div>
      <Bar counts={counts} />
      <ul className={classes.legend} aria-label={text.labelingSession.progress}>
        {present.map((state) => (
          <li key={state}>
            <span className={classes.dot} data-state={state} />
            {text.labelingSession.share(t.itemStates[state], exactNumber(counts[state] ?? 0))}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The same within a row of a list. */
export function SmallStateBar({ counts }: { counts: Counts }) {
  return (
    <div className={classes.small}>
      <Bar counts={counts} />
      <span>{t.doneOf(exactNumber(doneOf(counts)), exactNumber(totalOf(counts)))}</span>
    </div>
  );
}

function Bar({ counts }: { counts: Counts }) {
  const total = totalOf(counts);
  return (
    <div className={classes.states} aria-hidden>
      {ITEM_STATES.filter((state) => state !== "PENDING" && (counts[state] ?? 0) > 0).map((state) => (
        <span
          key={state}
          data-state={state}
          title={text.labelingSession.share(t.itemStates[state], exactNumber(counts[state] ?? 0))}
          style={{ width: `${(100 * (counts[state] ?? 0)) / total}%` }}
        />
      ))}
    </div>
  );
}
