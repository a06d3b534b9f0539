import { IconAlertTriangle } from "@tabler/icons-react";
import type { Assessment } from "@/api/schema";
import { MISSING } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { summaryOf } from "@/lib/judged";
import { shownValue, verdict } from "@/lib/judgment";
import { text } from "@/strings";
import classes from "./judged-cell.module.css";
import { SafeText } from "./safe-text";

const t = text.judged;
const WHO = text.assess.source;
const MOST_TOLD = 8;
const MOST_REASON = 200;

/** What was judged, in a cell of a list: who said what stands in its title. */
export function JudgedCell({ judged }: { judged: readonly Assessment[] | undefined }) {
  if (judged === undefined) return null;
  const summary = summaryOf(judged);
  if (summary === null) return <span className="dim">{MISSING}</span>;
  const failed = summary.of?.error != null;
  return (
    <span className={classes.judged} title={visibleText(told(judged))}>
      {summary.errors > 0 && (
        <IconAlertTriangle size={13} color="var(--bad)" role="img" aria-label={t.errors(summary.errors)} />
      )}
      <span
        className={`${classes.value} clip`}
        data-verdict={failed ? "bad" : (verdict(summary.of?.value) ?? undefined)}
      >
        <SafeText text={summary.shown.slice(0, 300)} />
      </span>
      {summary.count > 1 && <span className="dim">{t.several(summary.count)}</span>}
    </span>
  );
}

function told(judged: readonly Assessment[]): string {
  const lines = judged.slice(0, MOST_TOLD).map(({ source, value, error, rationale }) => {
    const who = source.source_id === "default" ? WHO[source.kind] : `${WHO[source.kind]} ${source.source_id}`;
    const what = error === null ? shownValue(value).slice(0, MOST_REASON) : `${error.code} ${error.message}`;
    const why = rationale === null ? "" : `\n  ${rationale.slice(0, MOST_REASON)}`;
    return `${who}: ${what}${why}`;
  });
  const more = judged.length - lines.length;
  return [...lines, ...(more > 0 ? [t.more(more)] : [])].join("\n");
}
