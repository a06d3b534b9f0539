import { SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { labelingProgressQuery, labelingSessionQuery } from "@/api/review-queries";
import type { LabelingProgress, LabelingSession } from "@/api/schema";
import { Facts } from "@/components/facts";
import { Count, Moment } from "@/components/figures";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { exactNumber } from "@/lib/format";
import { doneOf, totalOf } from "@/lib/labeling";
import { text } from "@/strings";
import { ItemTable } from "./item-table";
import classes from "./labeling.module.css";
import { ReportView } from "./report-view";
import { SessionActs } from "./session-acts";
import { SetupView } from "./setup-view";
import { StateBar } from "./state-bar";

const t = text.labelingSession;
const FROM = "/experiments/$experimentId/labeling/$runId";
const TABS = ["items", "report", "setup"] as const;
type Tab = (typeof TABS)[number];

/** One labeling session: how far it is, its items, what it came to, and how it is set up. */
export function LabelingSessionPage() {
  const { experimentId, runId } = useParams({ from: FROM });
  const session = useQuery(labelingSessionQuery(runId));
  const progress = useQuery(labelingProgressQuery(runId));
  const name = session.data?.run.name || runId;
  return (
    <Page
      title={name}
      full
      heading={
        <>
          <Link to="/experiments/$experimentId/labeling" params={{ experimentId }}>
            {text.labeling.title}
          </Link>{" "}
          <span className="dim">/</span> <SafeText text={name} />
        </>
      }
      aside={session.data !== undefined && <SessionActs session={session.data} />}
    >
      {session.isError && (
        <>
          <ProblemNote error={session.error} retry={() => void session.refetch()} />
          {session.data === undefined && <p>{t.gone}</p>}
        </>
      )}
      {progress.isError && !session.isError && <ProblemNote error={progress.error} />}
      {session.data !== undefined && progress.data !== undefined ? (
        <Loaded key={runId} session={session.data} progress={progress.data} />
      ) : (
        !session.isError && !progress.isError && <Skeleton height={400} radius={8} />
      )}
    </Page>
  );
}

interface LoadedProps {
  session: LabelingSession;
  progress: LabelingProgress;
}

function Loaded({ session, progress }: LoadedProps) {
  const { tab: asked } = useSearch({ from: FROM });
  const tab: Tab = TABS.find((each) => each === asked) ?? "items";
  const navigate = useNavigate({ from: FROM });
  const change = useCallback(
    (next: Record<string, string | undefined>) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace: true }),
    [navigate],
  );
  const tabs = (
    <SegmentedControl
      aria-label={t.tab}
      data={TABS.map((value) => ({ value, label: t.tabs[value] }))}
      value={tab}
      onChange={(next) => change({ tab: next === "items" ? undefined : next, item: undefined })}
    />
  );
  return (
    <>
      <Head session={session} progress={progress} />
      {tab === "items" ? (
        <ItemTable session={session} tabs={tabs} onChange={change} />
      ) : (
        <div className={classes.tabs}>{tabs}</div>
      )}
      {tab === "report" && <ReportView session={session} />}
      {tab === "setup" && <SetupView session={session} progress={progress} />}
    </>
  );
}

function Head({ session, progress }: LoadedProps) {
  const { run, state, counts } = session;
  const done = text.labeling.doneOf(exactNumber(doneOf(counts)), exactNumber(totalOf(counts)));
  return (
    <>
      <Facts
        facts={[
          [t.facts.state, text.labeling.states[state]],
          [text.labelingItems.title, done],
          [t.facts.reviews, <Count key="r" value={progress.reviews_submitted} />],
          [t.facts.held, <Count key="h" value={progress.reviews_claimed} />],
          [t.facts.open, <Count key="o" value={progress.reviews_open} />],
          [t.facts.created, <Moment key="c" ms={run.start_ms} />],
          [t.facts.by, run.created_by],
        ]}
      />
      <StateBar counts={counts} />
      {state === "DRAFT" && (
        <p className={classes.warning}>
          {t.draftHint} {totalOf(counts) === 0 && t.noItemsHint}
        </p>
      )}
    </>
  );
}
