import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { labelingSessionsQuery } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { Empty } from "@/components/empty";
import { Count, Moment } from "@/components/figures";
import { type ListColumn, ListTable } from "@/components/list-table";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";

const t = text.labeling;

const COLUMNS: readonly ListColumn<LabelingSession>[] = [
  {
    id: "name",
    label: t.columns.name,
    cell: ({ run }) => (
      <Link to="/review/$runId" params={{ runId: run.run_id }} preload={false}>
        <SafeText text={run.name} />
      </Link>
    ),
  },
  { id: "state", label: t.columns.state, cell: ({ state }) => t.states[state] },
  ...(["PENDING", "IN_REVIEW", "DISPUTED"] as const).map((state) => ({
    id: state,
    label: t.items[state],
    numeric: true,
    cell: ({ counts }: LabelingSession) => <Count value={counts[state] ?? 0} />,
  })),
  {
    id: "done",
    label: t.columns.done,
    numeric: true,
    cell: ({ counts }) => <Count value={(counts.COMPLETE ?? 0) + (counts.ADJUDICATED ?? 0)} />,
  },
  { id: "total", label: t.columns.total, numeric: true, cell: ({ counts }) => <Count value={sum(counts)} /> },
  {
    id: "reviewers",
    label: t.columns.reviewers,
    cell: ({ reviewers }) =>
      reviewers.length === 0 ? t.anybody : <SafeText text={reviewers.slice(0, 5).join(", ")} />,
  },
  {
    id: "created",
    label: t.columns.created,
    cell: ({ run }) => (run.start_ms === null ? MISSING : <Moment ms={run.start_ms} relative />),
  },
];

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

/** The labeling sessions of an experiment, newest first; their names lead to where they are reviewed. */
export function LabelingPage() {
  const { experimentId } = useParams({ from: "/experiments/$experimentId/labeling" });
  const found = useInfiniteQuery(labelingSessionsQuery(experimentId));
  const items = found.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t.title}>
      <p className="dim">{t.hint}</p>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {items?.length === 0 && (
        <Empty title={t.empty}>
          <p>{t.emptyHint}</p>
        </Empty>
      )}
      {items?.length !== 0 && !(found.isError && items === undefined) && (
        <ListTable
          label={t.title}
          columns={COLUMNS}
          items={items}
          keyOf={(each) => each.run.run_id}
          order=""
          onOrder={() => undefined}
          more={found.hasNextPage}
          loadingMore={found.isFetchingNextPage}
          onMore={() => void found.fetchNextPage()}
        />
      )}
    </Page>
  );
}
