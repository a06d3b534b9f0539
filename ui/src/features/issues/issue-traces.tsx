import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type IssueTrace, issueTracesQuery, tracesOfIssue } from "@/api/issue-queries";
import type { Issue } from "@/api/schema";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { Part } from "@/components/side-panel";
import { State } from "@/components/state";
import { MISSING, nsToMs, oneLine } from "@/lib/format";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";
import classes from "./issues.module.css";

const t = text.issues;
const MOST_TEXT = 300;

/** The traces that refer to an issue, newest first: what was said of each, and why it failed if it did. */
export function IssueTraces({ issue }: { issue: Issue }) {
  const found = useInfiniteQuery(issueTracesQuery(issue.experiment_id, issue.issue_id));
  const items = found.data?.pages.flatMap((page) => page.items);
  return (
    <Part title={t.traces}>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={90} />}
      {items?.length === 0 && <p className="dim">{t.noTraces}</p>}
      {items !== undefined && items.length > 0 && (
        <>
          <RowsTable
            label={t.traces}
            heads={[
              { label: t.traceColumns.trace },
              { label: t.traceColumns.why },
              { label: t.traceColumns.state },
              { label: t.traceColumns.request },
              { label: t.traceColumns.when },
            ]}
            rows={items.map(({ trace, references }) => ({
              key: trace.trace_id,
              cells: [
                <TraceLink key="t" shown={{ trace, references }} />,
                <Why key="w" shown={{ trace, references }} />,
                <State key="s" state={trace.state} />,
                <Line key="l" value={trace.request} />,
                <span key="m" className={classes.when}>
                  <Moment ms={nsToMs(trace.start_ns)} />
                </span>,
              ],
            }))}
          />
          <div className={classes.after}>
            {found.hasNextPage && (
              <Button
                variant="default"
                loading={found.isFetchingNextPage}
                onClick={() => void found.fetchNextPage()}
              >
                {text.common.more}
              </Button>
            )}
            <Link
              to="/experiments/$experimentId/traces"
              params={{ experimentId: issue.experiment_id }}
              search={{ filter: tracesOfIssue(issue.issue_id), range: "all" }}
              preload={false}
            >
              {t.asList}
            </Link>
          </div>
        </>
      )}
    </Part>
  );
}

/** The way to a trace, and in it to the step that was judged when all that was said is of one. */
function TraceLink({ shown: { trace, references } }: { shown: IssueTrace }) {
  const spans = new Set(references.map(({ target }) => target.span_id));
  const [span] = spans.size === 1 ? spans : [];
  return (
    <Link
      to="/experiments/$experimentId/traces/$traceId"
      params={{ experimentId: trace.experiment_id, traceId: trace.trace_id }}
      search={{ span: span ?? undefined }}
      preload={false}
    >
      <SafeText text={trace.name || trace.trace_id} />
    </Link>
  );
}

function Why({ shown: { trace, references } }: { shown: IssueTrace }) {
  const reasons = references.flatMap(({ assessment_id, rationale }) =>
    rationale === null || rationale === "" ? [] : [{ assessment_id, rationale }],
  );
  const message = trace.state === "ERROR" ? trace.status_message : "";
  if (reasons.length === 0 && message === "") return <span className="dim">{t.unexplained}</span>;
  return (
    <div className={classes.why}>
      {reasons.map(({ assessment_id, rationale }) => (
        <div key={assessment_id}>
          <SafeText text={oneLine(rationale, MOST_TEXT)} />
        </div>
      ))}
      {message !== "" && (
        <div className="bad">
          <SafeText text={t.failed(oneLine(message, MOST_TEXT))} />
        </div>
      )}
    </div>
  );
}

function Line({ value }: { value: string | null }) {
  if (value === null || value === "") return MISSING;
  return (
    <div className={classes.line}>
      <SafeText text={oneLine(jsonLine(value.slice(0, 1000)), MOST_TEXT)} />
    </div>
  );
}
