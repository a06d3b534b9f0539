import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { reviewSessionsQuery } from "@/api/review-queries";
import type { ReviewSession } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { Page } from "@/components/page";
import { isReviewerName, REMEMBERED_REVIEWER, useSignedIn } from "@/components/reviewer-name";
import { SafeText } from "@/components/safe-text";
import { recall } from "@/lib/stored";
import { text } from "@/strings";

const t = text.reviews;

const COLUMNS: readonly ListColumn<ReviewSession>[] = [
  {
    id: "name",
    label: t.columns.name,
    cell: ({ run_id, name }) => (
      <Link to="/review/$runId" params={{ runId: run_id }} preload={false}>
        <SafeText text={name || run_id} />
      </Link>
    ),
  },
  { id: "state", label: t.columns.state, cell: ({ state }) => text.labeling.states[state] },
  {
    id: "open",
    label: t.columns.open,
    numeric: true,
    cell: ({ items_open }) => <Count value={items_open} />,
  },
  {
    id: "total",
    label: t.columns.total,
    numeric: true,
    cell: ({ items_total }) => <Count value={items_total} />,
  },
  {
    id: "mine",
    label: t.columns.mine,
    numeric: true,
    cell: ({ mine }) => <Count value={mine.submitted} />,
  },
];

/** The labeling sessions that name whoever is asking: where somebody begins who reviews and does nothing else. */
export function ReviewsPage() {
  const signedIn = useSignedIn();
  const name = recall(REMEMBERED_REVIEWER, "", isReviewerName);
  const reviewer = signedIn === false && name !== "" ? name : null;
  const found = useInfiniteQuery({
    ...reviewSessionsQuery(reviewer),
    enabled: signedIn === true || reviewer !== null,
  });
  if (signedIn === undefined) return null;
  if (!signedIn && reviewer === null)
    return (
      <Page title={t.title}>
        <p className="dim">{t.nobody}</p>
      </Page>
    );
  return (
    <EntityList
      title={t.title}
      hint={reviewer === null ? undefined : t.as(reviewer)}
      texts={t}
      found={pagesOf(found)}
      columns={COLUMNS}
      keyOf={(each) => each.run_id}
    />
  );
}
