import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { askLabelingAnew } from "@/api/review-queries";
import type { LabelingItem, LabelingSession } from "@/api/schema";
import { FactList, Facts } from "@/components/facts";
import { Moment, Share } from "@/components/figures";
import { Confirm } from "@/components/form-buttons";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { showToast } from "@/components/toast-store";
import { finite } from "@/lib/format";
import { shownValue } from "@/lib/judgment";
import { canReopen, roundsOf } from "@/lib/labeling";
import { text } from "@/strings";
import { AnswerTable } from "./answer-table";
import { DecideForm } from "./decide-form";
import { ItemStateName } from "./item-state";
import classes from "./labeling.module.css";
import { TargetLinks } from "./target";
import { TraceContent } from "./trace-content";

const t = text.labelingItems;

interface ItemPanelProps {
  session: LabelingSession;
  item: LabelingItem;
  close: () => void;
}

/** One item: what it is about, every answer side by side, and what can be done with it. */
export function ItemPanel({ session, item, close }: ItemPanelProps) {
  const rounds = roundsOf(item);
  const present = rounds.find((each) => each.round === item.round)?.reviews ?? [];
  const earlier = rounds.filter((each) => each.round !== item.round);
  const gold = Object.entries(item.gold);
  const traces = [item.target.trace_id, item.target.other_trace_id].filter((id) => id !== null);
  const decision = item.adjudications.find((each) => each.round === item.round);
  const waiting = item.assignments.filter((each) => each.state !== "SUBMITTED" && each.round === item.round);
  return (
    <SidePanel title={t.item(item.place + 1)} close={close} place="wide">
      <Facts
        facts={[
          [t.facts.state, <ItemStateName key="s" state={item.state} />],
          [t.columns.reviews, t.reviewsOf(present.length, item.required)],
          [
            t.facts.agreement,
            item.agreement === null ? null : (
              <span key="a">
                <Share value={finite(item.agreement)} n={present.length} />{" "}
                <span className="dim">{t.agreementHint}</span>
              </span>
            ),
          ],
          [t.facts.round, item.round === 1 ? null : item.round],
          [
            t.facts.source,
            item.added_by === null ? t.sources[item.source] : <SafeText key="b" text={item.added_by} />,
          ],
          [t.facts.priority, item.priority === 0 ? null : item.priority],
          [t.facts.removed, item.removed_ms === null ? null : <Moment key="r" ms={item.removed_ms} />],
        ]}
      />
      <div className={classes.buttons}>
        <TargetLinks experimentId={session.run.experiment_id} item={item} />
      </div>
      <Acts session={session} item={item} />
      <Part title={t.answers}>
        {present.length === 0 && decision === undefined ? (
          <p className="dim">{t.noAnswers}</p>
        ) : (
          <AnswerTable schemas={session.schemas} reviews={present} decision={decision} gold={item.gold} />
        )}
      </Part>
      {gold.length > 0 && (
        <Part title={t.facts.gold}>
          <FactList
            facts={gold.map(([name, value]) => [name, <SafeText key={name} text={shownValue(value)} />])}
          />
        </Part>
      )}
      {waiting.length > 0 && (
        <Part title={t.places}>
          <FactList
            facts={waiting.map((each) => [
              `${each.slot + 1}`,
              <span key={each.assignment_id}>
                <SafeText text={each.reviewer ?? t.placeAnybody} />{" "}
                <span className="dim">{t.placeState[each.state]}</span>{" "}
                {each.reason !== null && <SafeText text={each.reason} />}
              </span>,
            ])}
          />
        </Part>
      )}
      {traces.map((traceId) => (
        <TraceContent key={traceId} traceId={traceId} />
      ))}
      {earlier.length > 0 && (
        <details>
          <summary>{t.earlier(earlier.length)}</summary>
          {earlier.map(({ round, reviews }) => (
            <Part key={round} title={t.round(round)}>
              <AnswerTable
                schemas={session.schemas}
                reviews={reviews}
                decision={item.adjudications.find((each) => each.round === round)}
                gold={{}}
              />
            </Part>
          ))}
        </details>
      )}
    </SidePanel>
  );
}

function Acts({ session, item }: Omit<ItemPanelProps, "close">) {
  const may = useMayIn(session.run.experiment_id);
  const client = useQueryClient();
  const [asking, setAsking] = useState<"remove" | "reopen" | null>(null);
  const [deciding, setDeciding] = useState(false);
  const done = async (said: string) => {
    await askLabelingAnew(client);
    setAsking(null);
    showToast(said);
  };
  const params = { item_id: item.item_id };
  const remove = useMutation({
    mutationFn: () => call("remove_labeling_item", params),
    onSuccess: () => done(t.removedDone),
  });
  const reopen = useMutation({
    mutationFn: () => call("reopen_labeling_item", params),
    onSuccess: () => done(t.reopened),
  });
  const restore = useMutation({
    mutationFn: () =>
      call(
        "add_labeling_items",
        { run_id: item.run_id },
        { body: { items: [{ target: item.target, priority: item.priority }] } },
      ),
    onSuccess: () => done(t.restored),
  });
  if (!may("labeling.write") || session.state === "ARCHIVED") return null;
  if (item.removed_ms !== null)
    return session.state === "CLOSED" ? null : (
      <div className={classes.buttons}>
        <Button variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>
          {t.restore}
        </Button>
      </div>
    );
  return (
    <>
      <div className={classes.buttons}>
        {item.state === "DISPUTED" && !deciding && (
          <Button onClick={() => setDeciding(true)}>{t.decide}</Button>
        )}
        {canReopen(item) && session.state !== "CLOSED" && (
          <Button variant="default" onClick={() => setAsking("reopen")}>
            {t.reopen}
          </Button>
        )}
        <Button variant="default" onClick={() => setAsking("remove")}>
          {t.remove}
        </Button>
      </div>
      {deciding && <DecideForm session={session} item={item} close={() => setDeciding(false)} />}
      {asking !== null && (
        <Confirm
          title={asking === "remove" ? t.removeTitle : t.reopenTitle}
          hint={asking === "remove" ? t.removeHint : t.reopenHint}
          act={asking === "remove" ? t.remove : t.reopen}
          busy={remove.isPending || reopen.isPending}
          onConfirm={() => (asking === "remove" ? remove.mutate() : reopen.mutate())}
          close={() => setAsking(null)}
        />
      )}
    </>
  );
}
