import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { call } from "@/api/client";
import { nextReviewQuery, reviewQuery, reviewSessionQuery } from "@/api/review-queries";
import type { ReviewSession, ReviewView } from "@/api/schema";
import { Empty } from "@/components/empty";
import type { MarkPlaces } from "@/components/mark-spans";
import { usePageKeys } from "@/components/page-keys";
import { ProblemNote } from "@/components/problem-note";
import { useShortcuts } from "@/components/use-shortcuts";
import { rootOf, textsOf } from "@/lib/spans";
import { recall, remember } from "@/lib/stored";
import { text } from "@/strings";
import { ItemView } from "./item-view";
import { ReviewForm, type ReviewFormProps } from "./review-form";
import classes from "./reviewing.module.css";

const t = text.review;

/** What became of the item before: its review may be undone as long as it is the last one. */
interface Last {
  itemId: string;
  said: string;
  undoable: boolean;
}

interface DeskProps {
  session: ReviewSession;
  reviewer: string | null;
}

/** The item in hand with its form; where there is none, why, and what to do next. */
export function ReviewDesk({ session, reviewer }: DeskProps) {
  const client = useQueryClient();
  const sessionQuery = reviewSessionQuery(session.run_id, reviewer);
  const nextQuery = nextReviewQuery(session.run_id, reviewer);
  const [dealt, setDealt] = useState<Last | null>(null);
  const [kept, keep] = useKeptItem(session.run_id, reviewer);
  const before = useQuery({ ...reviewQuery(kept, reviewer), enabled: dealt === null && kept !== "" });
  const last = dealt ?? lastOf(before.data);
  const [stopped, setStopped] = useState(false);
  const next = useQuery({ ...nextQuery, enabled: session.state === "OPEN" && !stopped });
  const item = next.data?.item ?? null;

  /** Goes on to the next item, or to why there is none. */
  const advance = async () => {
    setStopped(false);
    const fresh = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    if (fresh.state === "OPEN")
      await client.fetchQuery({ ...nextQuery, staleTime: 0 }).catch(() => undefined);
    else client.setQueryData(nextQuery.queryKey, { item: null });
  };
  const stop = async () => {
    setStopped(true);
    client.setQueryData(nextQuery.queryKey, { item: null });
    await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const hold = (view: ReviewView) => client.setQueryData(nextQuery.queryKey, { item: view });
  const undo = useMutation({
    meta: { shown: true },
    mutationFn: (itemId: string) => call("undo_review", { item_id: itemId }, { body: { reviewer } }),
    onSuccess: async (view) => {
      setDealt(null);
      keep("");
      setStopped(false);
      hold(view);
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  const again = useMutation({ mutationFn: advance });
  const undoable = last?.undoable === true && session.state === "OPEN";
  const undoLast = () => {
    if (undoable && last !== null && !undo.isPending) undo.mutate(last.itemId);
  };
  useShortcuts({ u: undoLast });
  usePageKeys(t.keyList);
  const dealtWith = async (view: ReviewView, said: string, undoable: boolean) => {
    setDealt({ itemId: view.item_id, said, undoable });
    keep(undoable ? view.item_id : "");
    await advance();
  };
  return (
    <>
      <div className={classes.last} role="status">
        {last?.said}
        {undoable && (
          <Button size="compact-xs" variant="default" loading={undo.isPending} onClick={undoLast}>
            {t.undo}
          </Button>
        )}
      </div>
      {undo.isError && <ProblemNote error={undo.error} />}
      {next.isError && <ProblemNote error={next.error} retry={() => again.mutate()} />}
      {next.isFetching && item === null && <Skeleton height={360} radius={8} />}
      {item !== null && !next.isError && (
        <InHand
          key={item.item_id}
          session={session}
          item={item}
          reviewer={reviewer}
          dealtWith={dealtWith}
          advance={advance}
          stop={stop}
        />
      )}
      {item === null && !next.isFetching && !next.isError && (
        <Nothing session={session} stopped={stopped} asking={again.isPending} goOn={() => again.mutate()} />
      )}
    </>
  );
}

/** An item beside its form; what a question has marked is marked in the item. */
function InHand(props: Omit<ReviewFormProps, "places">) {
  const { session, item } = props;
  const [places, setPlaces] = useState<MarkPlaces>({});
  const onPlace = useCallback(
    (root: string, place: HTMLElement | null) =>
      setPlaces((before) => ({ ...before, [root]: place ?? undefined })),
    [],
  );
  const toMark = useMemo(() => {
    const asked = session.schemas.filter(({ input }) => input.kind === "spans");
    const texts = asked.flatMap(({ input }) => textsOf(item.texts, input.marks));
    return new Set(texts.map(({ field }) => rootOf(field)));
  }, [session.schemas, item.texts]);
  return (
    <div className={classes.desk}>
      <ItemView item={item} toMark={toMark} onPlace={onPlace} />
      <ReviewForm key={`${item.mine?.token}`} {...props} places={places} />
    </div>
  );
}

/** The item whose review this reviewer handed in last, also after the page was loaded anew; "" for none. */
function useKeptItem(runId: string, reviewer: string | null): [string, (itemId: string) => void] {
  const key = `review.last.${runId}.${reviewer ?? ""}`;
  const [itemId, setItemId] = useState(() => recall(key, "", isText));
  const keep = (next: string) => {
    remember(key, next);
    setItemId(next);
  };
  return [itemId, keep];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** What to say of a review that was handed in before the page was loaded; null when it is none any more. */
function lastOf(view: ReviewView | undefined): Last | null {
  if (view?.mine?.state !== "SUBMITTED") return null;
  return { itemId: view.item_id, said: t.last[view.state], undoable: true };
}

interface NothingProps {
  session: ReviewSession;
  stopped: boolean;
  asking: boolean;
  goOn: () => void;
}

/** Why there is no item in hand, and what to do. */
function Nothing({ session, stopped, asking, goOn }: NothingProps) {
  const [title, hint] = reasonOf(session, stopped);
  const over = session.state === "CLOSED" || session.state === "ARCHIVED";
  return (
    <Empty title={title}>
      <p>{hint}</p>
      {!over && (
        <Button variant="default" loading={asking} onClick={goOn}>
          {stopped ? t.goOn : t.again}
        </Button>
      )}
    </Empty>
  );
}

function reasonOf(session: ReviewSession, stopped: boolean): readonly [string, string] {
  if (session.state !== "OPEN") return t.over[session.state];
  if (stopped) return [t.stopped, t.stoppedHint];
  if (session.items_open === 0) return [t.allDone, t.allDoneHint];
  const all = session.mine.submitted === session.items_total;
  if (all) return [t.allByYou, t.allByYouHint(session.items_open)];
  return [t.noneForYou, t.noneForYouHint(session.items_open)];
}
