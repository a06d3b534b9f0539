import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { labelingReportQuery } from "@/api/review-queries";
import type { LabelingReport, LabelingSession } from "@/api/schema";
import { Empty } from "@/components/empty";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { ReviewersPart, ThroughputPart } from "./report-people";
import { SchemaPart } from "./report-schema";
import { ItemLink } from "./target";

const t = text.report;
const MOST_DISPUTED = 20;

/** What the reviews of a session came to. */
export function ReportView({ session }: { session: LabelingSession }) {
  const found = useQuery(labelingReportQuery(session.run.run_id));
  if (found.isError) return <ProblemNote error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Skeleton height={400} radius={8} />;
  const report = found.data;
  if (report.throughput.reviews === 0)
    return (
      <Empty title={t.none}>
        <p>{t.noneHint}</p>
      </Empty>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={text.labelingSession.tabs.report}>
      {report.disputed_items > 0 && <Disputed session={session} report={report} />}
      {report.schemas.map((schema) => (
        <SchemaPart
          key={schema.name}
          report={schema}
          schema={session.schemas.find(({ name }) => name === schema.name)}
          session={session}
          titles={report.titles}
        />
      ))}
      <ReviewersPart reviewers={report.reviewers} warnings={report.warnings} />
      <ThroughputPart throughput={report.throughput} />
    </section>
  );
}

function Disputed({ session, report }: { session: LabelingSession; report: LabelingReport }) {
  const shown = report.disputed.slice(0, MOST_DISPUTED);
  const all = report.disputed_items;
  return (
    <section className={classes.warning}>
      <h2>
        {t.disputed} <span className="dim">{all}</span>
      </h2>
      <p>
        {t.disputedHint} {shown.length < all && t.disputedMore(shown.length, all)}
      </p>
      <ul className={classes.legend}>
        {shown.map((itemId) => (
          <li key={itemId}>
            <ItemLink session={session} itemId={itemId} title={report.titles[itemId]} />
          </li>
        ))}
      </ul>
    </section>
  );
}
