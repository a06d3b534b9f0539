import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Fragment } from "react";
import { assessmentsQuery, sessionQuery, tracesQuery } from "@/api/queries";
import type { Assessment, Trace } from "@/api/schema";
import { Content } from "@/components/content";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { State } from "@/components/state";
import { quote } from "@/lib/filtertext";
import { duration, exactNumber, MISSING, nsToMs, nullableNsToMs } from "@/lib/format";
import { shownValue, verdict } from "@/lib/judgment";
import { text } from "@/strings";
import classes from "./session-page.module.css";
import { failedSpans } from "./steps";
import { TurnSteps } from "./turn-steps";

const t = text.sessions;
const FROM = "/experiments/$experimentId/sessions/$session";
const GAP_MS = 5 * 60_000;

/** One conversation: its traces as turns, in the order in which they were spoken. */
export function SessionPage() {
  const { experimentId, session } = useParams({ from: FROM });
  const summary = useQuery(sessionQuery(experimentId, session));
  const filter = `session = ${quote(session)}`;
  const turns = useInfiniteQuery(tracesQuery({ experiment: experimentId, filter, order: "start asc" }));
  const onSession = useQuery(assessmentsQuery(experimentId, filter));
  // What stands above comes first, so that nothing moves down when it comes.
  const settled = !summary.isPending && !onSession.isPending;
  const traces = settled ? (turns.data?.pages.flatMap((page) => page.items) ?? []) : [];
  const problem = summary.error ?? turns.error;
  return (
    <Page
      title={`${t.conversation} ${session}`}
      heading={
        <>
          <Link to="/experiments/$experimentId/sessions" params={{ experimentId }}>
            {t.title}
          </Link>{" "}
          <span className="dim">/</span> <SafeText text={session} />
        </>
      }
      aside={
        <Link to="/experiments/$experimentId/traces" params={{ experimentId }} search={{ filter }}>
          {t.showTraces}
        </Link>
      }
    >
      {problem !== null && <ProblemNote error={problem} retry={() => void turns.refetch()} />}
      {summary.data !== undefined && (
        <dl className={classes.facts}>
          <Fact name={t.columns.state}>{summary.data.state === "OPEN" ? t.open : t.closed}</Fact>
          <Fact name={t.columns.traces}>
            <Count value={summary.data.trace_count} />
          </Fact>
          <Fact name={t.failedTurns}>
            <Count value={summary.data.error_count} />
          </Fact>
          <Fact name={t.failedSpans}>
            {turns.data === undefined ? MISSING : <FailedSpans traces={traces} all={!turns.hasNextPage} />}
          </Fact>
          <Fact name={t.columns.duration}>
            <Duration ms={nsToMs(summary.data.last_ns) - nsToMs(summary.data.first_ns)} />
          </Fact>
          {summary.data.tokens.total > 0 && (
            <Fact name={t.columns.tokens}>
              <Count value={summary.data.tokens.total} />
            </Fact>
          )}
          {summary.data.cost_usd !== null && (
            <Fact name={t.columns.cost}>
              <Usd value={summary.data.cost_usd} />
            </Fact>
          )}
          {summary.data.user !== null && (
            <Fact name={t.columns.user}>
              <Link
                to="/experiments/$experimentId/traces"
                params={{ experimentId }}
                search={{ filter: `user = ${quote(summary.data.user)}` }}
              >
                <SafeText text={summary.data.user} />
              </Link>
            </Fact>
          )}
        </dl>
      )}
      {settled && (onSession.data?.items.length ?? 0) > 0 && (
        <Judgments
          assessments={(onSession.data?.items ?? []).filter((each) => each.valid)}
          lastMs={summary.data === undefined ? 0 : nsToMs(summary.data.last_ns)}
        />
      )}
      <ol className={classes.turns}>
        {traces.map((trace, index) => (
          <Fragment key={trace.trace_id}>
            <Gap before={traces[index - 1]} after={trace} />
            <Turn trace={trace} number={index + 1} />
          </Fragment>
        ))}
      </ol>
      {settled && turns.hasNextPage && (
        <Button
          variant="default"
          loading={turns.isFetchingNextPage}
          onClick={() => void turns.fetchNextPage()}
        >
          {text.common.more}
        </Button>
      )}
    </Page>
  );
}

/** How many spans failed, of the turns that are here. */
function FailedSpans({ traces, all }: { traces: readonly Trace[]; all: boolean }) {
  const count = failedSpans(traces);
  return (
    <span className={count > 0 ? classes.failed : undefined}>
      {all ? <Count value={count} /> : t.atLeast(exactNumber(count))}
    </span>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What was judged of the conversation; what was judged before its last turn does not speak of all of it. */
function Judgments({ assessments, lastMs }: { assessments: readonly Assessment[]; lastMs: number }) {
  return (
    <section className={classes.judgments}>
      <h2>{t.assessments}</h2>
      <ul>
        {assessments.map((each) => (
          <li
            key={each.assessment_id}
            title={[shownValue(each.value), each.rationale ?? ""].join("\n").slice(0, 2000)}
          >
            <SafeText text={each.name} />{" "}
            <strong data-verdict={verdict(each.value) ?? undefined}>
              <SafeText text={each.error === null ? shownValue(each.value) : each.error.code} />
            </strong>
            {each.updated_ms < lastMs && (
              <>
                {" "}
                <small className="dim" title={t.outdatedHint}>
                  {t.outdated}
                </small>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Gap({ before, after }: { before: Trace | undefined; after: Trace }) {
  if (before === undefined) return null;
  const end = nsToMs(before.start_ns) + (nullableNsToMs(before.duration_ns) ?? 0);
  const gap = nsToMs(after.start_ns) - end;
  return gap < GAP_MS ? null : <li className={classes.gap}>{t.gap(duration(gap))}</li>;
}

function Turn({ trace, number }: { trace: Trace; number: number }) {
  const params = { experimentId: trace.experiment_id, traceId: trace.trace_id };
  return (
    <li className={classes.turn}>
      <header className={classes.head}>
        <Link to="/experiments/$experimentId/traces/$traceId" params={params} preload={false}>
          {t.turn(number)}
        </Link>
        <State state={trace.state} />
        {trace.error_count > 0 && (
          <span className={classes.failed}>{t.spansFailed(exactNumber(trace.error_count))}</span>
        )}
        <span className="dim">
          <Moment ms={nsToMs(trace.start_ns)} /> · <Duration ms={nullableNsToMs(trace.duration_ns)} />
          {trace.tokens.total > 0 && (
            <>
              {" · "}
              <Count value={trace.tokens.total} /> {t.columns.tokens.toLowerCase()}
            </>
          )}
        </span>
      </header>
      {trace.request !== null && (
        <div className={classes.said} data-who="user">
          <Content value={trace.request} />
        </div>
      )}
      {trace.span_count > 1 && <TurnSteps trace={trace} />}
      <div className={classes.said} data-who="application" data-failed={trace.state === "ERROR" || undefined}>
        {trace.response !== null ? (
          <Content value={trace.response} markdown />
        ) : (
          <span className="dim">
            <SafeText text={trace.status_message || t.noAnswer} />
          </span>
        )}
      </div>
    </li>
  );
}
