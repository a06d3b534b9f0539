import type { LabelingReport } from "@/api/schema";
import { Facts } from "@/components/facts";
import { Count, Duration, Moment } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { duration, exactNumber, finite, percent } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { measureCells, measureHeads } from "./measures";

const t = text.report;
const HOUR_MS = 3_600_000;

/** Reviewers: how much, how fast, and how often right where the answer is known. */
export function ReviewersPart({ reviewers, warnings }: Pick<LabelingReport, "reviewers" | "warnings">) {
  const gold = reviewers.some((each) => each.gold > 0);
  return (
    <section className={classes.part}>
      <h2>{t.reviewers}</h2>
      {warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <SafeText text={warning} />
        </p>
      ))}
      <RowsTable
        label={t.reviewers}
        heads={[
          { label: t.reviewer },
          { label: t.reviews, numeric: true },
          { label: t.median, numeric: true },
          ...(gold ? measureHeads(t.gold) : []),
        ]}
        rows={reviewers.map((each) => ({
          key: each.reviewer,
          cells: [
            <SafeText key="r" text={each.reviewer} />,
            <Count key="c" value={each.reviews} />,
            <Duration key="m" ms={finite(each.median_ms)} />,
            ...(gold
              ? measureCells({
                  value: each.gold_accuracy,
                  interval: each.gold_interval,
                  n: each.gold,
                  ends: [0, 1],
                })
              : []),
          ],
        }))}
      />
    </section>
  );
}

/** How fast the reviews came, and on which days. */
export function ThroughputPart({ throughput }: Pick<LabelingReport, "throughput">) {
  const { reviews, first_ms, last_ms, timed, median_interval, days } = throughput;
  const most = Math.max(1, ...days.map((day) => day.reviews));
  const [low, high] = [finite(median_interval?.low), finite(median_interval?.high)];
  const rate = finite(throughput.reviews_per_hour);
  const hours = finite(throughput.hours);
  return (
    <section className={classes.part}>
      <h2>{t.throughput}</h2>
      <Facts
        facts={[
          [t.facts.reviews, <Count key="r" value={reviews} />],
          [t.facts.first, first_ms === null ? null : <Moment key="f" ms={first_ms} />],
          [t.facts.last, last_ms === null ? null : <Moment key="l" ms={last_ms} />],
          [
            t.facts.each,
            <span key="e">
              <Duration ms={finite(throughput.median_ms)} />{" "}
              <span className="dim">
                {low !== null && high !== null && `${duration(low)} – ${duration(high)}, `}
                {text.common.n(exactNumber(timed))}
              </span>
            </span>,
          ],
          [t.facts.hours, hours === null ? null : <Duration key="h" ms={hours * HOUR_MS} />],
          [
            t.facts.rate,
            rate === null ? null : (
              <span key="p">
                {short(rate)} <span className="dim">{text.common.n(exactNumber(timed))}</span>
              </span>
            ),
          ],
        ]}
      />
      <RowsTable
        label={t.days}
        heads={[
          { label: t.day },
          { label: t.reviews, numeric: true },
          { label: t.picture, unlabelled: true, hint: t.chart.day },
        ]}
        rows={days.map(({ day, reviews: count }) => ({
          key: day,
          cells: [
            day,
            <Count key="c" value={count} />,
            <div key="b" className={classes.bars} title={percent(count / Math.max(1, reviews))}>
              <span className={classes.fill} style={{ width: `${(100 * count) / most}%` }} />
            </div>,
          ],
        }))}
      />
    </section>
  );
}
