import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMayIn } from "@/api/permissions";
import { meQuery } from "@/api/queries";
import { labelingSessionsQuery } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { ReadOnly } from "@/components/read-only";
import { SafeText } from "@/components/safe-text";
import { takesReviewsOf } from "@/lib/labeling";
import { text } from "@/strings";
import { SmallStateBar } from "./state-bar";

const t = text.labeling;
const MOST_NAMES = 5;

const COLUMNS: readonly ListColumn<LabelingSession>[] = [
  {
    id: "name",
    label: t.columns.name,
    cell: ({ run }) => (
      <Link
        to="/experiments/$experimentId/labeling/$runId"
        params={{ experimentId: run.experiment_id, runId: run.run_id }}
        preload={false}
      >
        <SafeText text={run.name || run.run_id} />
      </Link>
    ),
  },
  { id: "state", label: t.columns.state, cell: ({ state }) => t.states[state] },
  { id: "progress", label: t.columns.progress, cell: ({ counts }) => <SmallStateBar counts={counts} /> },
  {
    id: "disputed",
    label: t.columns.disputed,
    numeric: true,
    cell: ({ counts }) => <Count value={counts.DISPUTED ?? 0} />,
  },
  {
    id: "reviewers",
    label: t.columns.reviewers,
    cell: ({ reviewers }) => <Names names={reviewers} />,
  },
  {
    id: "created",
    label: t.columns.created,
    cell: ({ run }) => <Moment ms={run.start_ms} relative />,
  },
];

function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="dim">{t.anybody}</span>;
  const more = names.length - MOST_NAMES;
  return (
    <>
      <SafeText text={names.slice(0, MOST_NAMES).join(", ")} />
      {more > 0 && <span className="dim"> {text.common.moreOf(String(more))}</span>}
    </>
  );
}

const REVIEW: ListColumn<LabelingSession> = {
  id: "review",
  label: t.columns.review,
  unlabelled: true,
  cell: (session) => <ReviewLink session={session} />,
};

function ReviewLink({ session }: { session: LabelingSession }) {
  const me = useQuery(meQuery);
  if (me.data === undefined || !takesReviewsOf(me.data, session)) return null;
  return (
    <Link to="/review/$runId" params={{ runId: session.run.run_id }} preload={false}>
      {t.columns.review}
      <span className="visually-hidden"> {session.run.name}</span>
    </Link>
  );
}

/** The labeling sessions of an experiment, newest first. */
export function LabelingPage() {
  const { experimentId } = useParams({ from: "/experiments/$experimentId/labeling" });
  const found = useInfiniteQuery(labelingSessionsQuery(experimentId));
  const may = useMayIn(experimentId);
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      aside={
        may("labeling.write") ? (
          <Button
            leftSection={<IconPlus size={14} aria-hidden />}
            renderRoot={(props) => (
              <Link to="/experiments/$experimentId/labeling/new" params={{ experimentId }} {...props} />
            )}
          >
            {t.create}
          </Button>
        ) : (
          <ReadOnly experimentId={experimentId} />
        )
      }
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found)}
      columns={may("labeling.review") ? [...COLUMNS, REVIEW] : COLUMNS}
      keyOf={(each) => each.run.run_id}
    />
  );
}
