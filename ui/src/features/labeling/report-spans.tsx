import type { LabelingSession, SpanReport } from "@/api/schema";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, percent } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { Coefficients } from "./report-agreement";
import { ReportTable } from "./report-table";
import { ItemLink } from "./target";

const t = text.report;
const MOST_DIFFERING = 10;

interface SpansPartProps {
  spans: SpanReport;
  of: string;
  session: LabelingSession;
  titles: Readonly<Record<string, string>>;
}

/** How far people mark the same stretches, what each of them marks, and the items that are marked most differently. */
export function SpansPart({ spans, of, session, titles }: SpansPartProps) {
  const shown = spans.disputed.slice(0, MOST_DIFFERING);
  if (spans.raters.length === 0) return <p className="dim">{t.spans.none}</p>;
  return (
    <>
      <h3>{t.spans.agreement}</h3>
      <p className={classes.hint}>{t.spans.basis(exactNumber(spans.items), exactNumber(spans.characters))}</p>
      {spans.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <SafeText text={warning} />
        </p>
      ))}
      {spans.coefficients.length > 0 && (
        <Coefficients coefficients={spans.coefficients} label={t.about(t.spans.agreement, of)} />
      )}
      <ReportTable
        title={t.spans.raters}
        of={of}
        heads={[
          { label: t.reviewer },
          { label: t.spans.texts, numeric: true },
          { label: t.spans.count, numeric: true },
          { label: t.spans.share, numeric: true },
          { label: t.spans.labels },
        ]}
        rows={spans.raters.map((each) => {
          const share = finite(each.marked);
          return {
            key: each.rater,
            cells: [
              <SafeText key="r" text={each.rater} />,
              exactNumber(each.answers),
              exactNumber(each.spans),
              share === null ? "" : percent(share),
              <SafeText key="l" text={labelsOf(each.labels)} />,
            ],
          };
        })}
      />
      {shown.length > 0 && (
        <>
          <h3>
            {t.differ} <span className="dim">{t.itemsDiffer(shown.length, spans.disputed_items)}</span>
          </h3>
          <RowsTable
            label={t.about(t.differ, of)}
            heads={[{ label: t.item }, { label: t.spans.overlap, numeric: true }]}
            rows={shown.map(({ item, overlap }) => ({
              key: item,
              cells: [
                <ItemLink key="i" session={session} itemId={item} title={titles[item]} />,
                percent(finite(overlap) ?? 0),
              ],
            }))}
          />
        </>
      )}
    </>
  );
}

function labelsOf(labels: Readonly<Record<string, number>>): string {
  return Object.entries(labels)
    .map(([label, count]) => `${exactNumber(count)} ${visibleText(label)}`)
    .join(", ");
}
