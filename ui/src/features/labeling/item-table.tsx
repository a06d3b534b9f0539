import { Button, NativeSelect, Skeleton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { useMayIn } from "@/api/permissions";
import { labelingItemQuery, labelingItemsQuery } from "@/api/review-queries";
import type { LabelingItem, LabelingSession, Trace } from "@/api/schema";
import { Empty } from "@/components/empty";
import { Moment, Share } from "@/components/figures";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { usePreviews } from "@/components/use-previews";
import { exactNumber, finite, MISSING } from "@/lib/format";
import { ITEM_STATES, roundsOf, takesItems } from "@/lib/labeling";
import { text } from "@/strings";
import { AddItems } from "./add-items";
import { ItemPanel } from "./item-panel";
import { ItemStateName } from "./item-state";
import classes from "./labeling.module.css";
import { TargetLine } from "./target";

const t = text.labelingItems;
const REMOVED = "removed";
/** Columns that stand beside an open item, which says the rest itself. */
const BESIDE: ReadonlySet<string> = new Set(["place", "item", "state"]);

interface ItemTableProps {
  session: LabelingSession;
  /** Stands before what can be done here. */
  tabs: ReactNode;
  onChange: (next: Record<string, string | undefined>) => void;
}

/** The items of a session, those in one state or those that were removed; one of them open beside the list. */
export function ItemTable({ session, tabs, onChange }: ItemTableProps) {
  const { show = "", item: opened } = useSearch({ from: "/experiments/$experimentId/labeling/$runId" });
  const { run_id: runId, experiment_id: experimentId } = session.run;
  const state = ITEM_STATES.find((each) => each === show) ?? null;
  const found = useInfiniteQuery(labelingItemsQuery(runId, state, show === REMOVED));
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items), [found.data]);
  const traceIds = useMemo(() => (items ?? []).map((each) => each.target.trace_id), [items]);
  const { previewOf, onSight } = usePreviews(experimentId, traceIds);
  const listed = items?.find((each) => each.item_id === opened);
  const single = useQuery({
    ...labelingItemQuery(opened ?? ""),
    enabled: opened !== undefined && items !== undefined && listed === undefined,
  });
  const open = listed ?? (opened === undefined ? undefined : single.data);
  const [adding, setAdding] = useState(false);
  const mayAdd = useMayIn(experimentId)("labeling.write") && takesItems(session);
  const { fetchNextPage, hasNextPage, isFetching } = found;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, hasNextPage, isFetching]);
  const close = () => onChange({ item: undefined });
  return (
    <>
      <div className={classes.tabs}>
        {tabs}
        <div className={classes.tools}>
          <NativeSelect
            aria-label={t.show}
            data={[
              { value: "", label: t.all },
              ...ITEM_STATES.map((each) => ({ value: each, label: labelOf(each, session) })),
              { value: REMOVED, label: t.removed },
            ]}
            value={show}
            onChange={(event) => onChange({ show: event.currentTarget.value || undefined, item: undefined })}
          />
          {mayAdd && (
            <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
              {t.add}
            </Button>
          )}
        </div>
      </div>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {items === undefined && !found.isError && <Skeleton height={320} radius={8} mt={10} />}
      {items?.length === 0 && (
        <Empty title={show === "" ? t.empty : t.noneFound}>
          <p>{show === "" ? t.emptyHint : t.noneFoundHint}</p>
        </Empty>
      )}
      <div className={classes.body}>
        {items !== undefined && items.length > 0 && (
          <GridTable
            label={t.title}
            columns={columnsOf(previewOf).filter(({ id }) => open === undefined || BESIDE.has(id))}
            items={items}
            keyOf={(each) => each.item_id}
            opened={opened}
            onOpen={(each) => onChange({ item: each?.item_id })}
            foot={hasNextPage ? t.loaded(exactNumber(items.length)) : undefined}
            onSight={onSight}
            onEnd={onEnd}
          />
        )}
        {single.isError && opened !== undefined && listed === undefined && (
          <ProblemNote error={single.error} />
        )}
        {open !== undefined && <ItemPanel key={open.item_id} session={session} item={open} close={close} />}
      </div>
      {adding && <AddItems session={session} close={() => setAdding(false)} />}
    </>
  );
}

function labelOf(state: LabelingItem["state"], { counts }: LabelingSession): string {
  return text.labelingSession.share(text.labeling.itemStates[state], exactNumber(counts[state] ?? 0));
}

function columnsOf(previewOf: (id: string | null) => Trace | undefined): GridColumn<LabelingItem>[] {
  return [
    {
      id: "place",
      label: t.columns.place,
      track: "46px",
      least: 46,
      numeric: true,
      cell: (item) => item.place + 1,
    },
    {
      id: "item",
      label: t.columns.item,
      track: "minmax(140px, 3fr)",
      least: 140,
      cell: (item) => <TargetLine item={item} trace={previewOf(item.target.trace_id)} />,
    },
    {
      id: "state",
      label: t.columns.state,
      track: "110px",
      least: 110,
      cell: (item) => <ItemStateName state={item.state} />,
    },
    {
      id: "reviews",
      label: t.columns.reviews,
      track: "70px",
      least: 70,
      numeric: true,
      cell: (item) => <span title={t.reviewHint}>{t.reviewsOf(presentReviews(item), item.required)}</span>,
    },
    {
      id: "agreement",
      label: t.columns.agreement,
      track: "90px",
      least: 90,
      numeric: true,
      cell: (item) => <Share value={finite(item.agreement)} n={presentReviews(item)} />,
    },
    {
      id: "reviewers",
      label: t.columns.reviewers,
      track: "minmax(110px, 1fr)",
      least: 110,
      cell: (item) => <SafeText text={reviewersOf(item).join(", ") || MISSING} />,
    },
    {
      id: "added",
      label: t.columns.added,
      track: "90px",
      least: 90,
      cell: (item) => <Moment ms={item.added_ms} relative />,
    },
  ];
}

function presentReviews(item: LabelingItem): number {
  return roundsOf(item).find((each) => each.round === item.round)?.reviews.length ?? 0;
}

function reviewersOf(item: LabelingItem): string[] {
  const present = roundsOf(item).find((each) => each.round === item.round)?.reviews ?? [];
  return present.flatMap(({ reviewer }) => (reviewer === null ? [] : [reviewer]));
}
