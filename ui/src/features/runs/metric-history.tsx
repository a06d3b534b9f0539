import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { MOST_POINTS, metricHistoryQuery } from "@/api/evaluation-queries";
import { useTimeRange } from "@/app/time-range";
import { MetricValue, Moment } from "@/components/figures";
import { LinePicture } from "@/components/line-picture";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { dateTime, exactNumber, finite } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./runs.module.css";

const t = text.runs;
/** Points that stand in the table; the picture has all of them. */
const LISTED = 200;

/** How one metric of a run went: a line over its steps, over time where it has none, and its points. */
export function MetricHistory({ runId, name }: { runId: string; name: string }) {
  const found = useQuery(metricHistoryQuery(runId, name));
  const { zone } = useTimeRange();
  if (found.isError) return <ProblemNote error={found.error} />;
  if (found.data === undefined) return <Skeleton height={160} />;
  const points = found.data.items;
  const byStep = points.some(({ step }) => step !== points[0]?.step);
  const unseen = points.filter(({ value }) => finite(value) === null).length;
  const label = byStep ? t.history(name) : t.historyByTime(name);
  return (
    <section aria-label={label} className={classes.history}>
      <h3>
        <SafeText text={label} />
      </h3>
      {points.length > 1 && (
        <LinePicture
          label={label}
          points={points.map((each) => ({
            x: byStep ? each.step : each.timestamp_ms,
            y: finite(each.value),
          }))}
          formatX={byStep ? exactNumber : (ms) => dateTime(ms, zone).slice(0, 19)}
          formatY={short}
          axis={byStep ? t.step : t.at}
        />
      )}
      {unseen > 0 && <p className="dim">{t.notFinite(unseen)}</p>}
      {found.data.cursor !== null && <p className="dim">{t.firstPoints(exactNumber(MOST_POINTS))}</p>}
      <details open={points.length === 1}>
        <summary>{t.points(exactNumber(points.length))}</summary>
        <RowsTable
          label={label}
          heads={[{ label: t.step, numeric: true }, { label: t.logged, numeric: true }, { label: t.at }]}
          rows={points.slice(-LISTED).map((each, at) => ({
            key: `${each.step} ${each.timestamp_ms} ${at}`,
            cells: [
              exactNumber(each.step),
              <MetricValue key="v" value={each.value} />,
              <Moment key="m" ms={each.timestamp_ms} />,
            ],
          }))}
        />
        {points.length > LISTED && <p className="dim">{t.lastListed(exactNumber(LISTED))}</p>}
      </details>
    </section>
  );
}
