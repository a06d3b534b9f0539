import { Button, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { call } from "@/api/client";
import type { ReviewSession, ReviewView } from "@/api/schema";
import type { MarkPlaces } from "@/components/mark-spans";
import { Question } from "@/components/question";
import { focusQuestion } from "@/components/question-focus";
import { LongField } from "@/components/text-fields";
import { useShortcuts } from "@/components/use-shortcuts";
import { type Answer, faultsOf, formOf, optionsOf } from "@/lib/review";
import { text } from "@/strings";
import { DeclineForm } from "./decline-form";
import { Lease } from "./lease";
import { ReviewProblem } from "./review-problem";
import classes from "./reviewing.module.css";
import { useDraft } from "./use-draft";

const t = text.review;

export interface ReviewFormProps {
  session: ReviewSession;
  /** The item, with the reviewer's claim of it. */
  item: ReviewView;
  reviewer: string | null;
  /** The item was submitted or declined: says so, and goes on. */
  dealtWith: (view: ReviewView, said: string, undoable: boolean) => Promise<void>;
  advance: () => Promise<void>;
  stop: () => Promise<void>;
  /** Where the item's texts are marked. */
  places: MarkPlaces;
}

/** The questions of a session about one item. */
export function ReviewForm(props: ReviewFormProps) {
  const { session, item, reviewer, dealtWith, advance, stop, places } = props;
  const { schemas, require_all_answers: whole } = session;
  const judges = schemas.some(({ kind }) => kind === "FEEDBACK");
  const kept = useDraft(session, item, reviewer);
  const { draft } = kept;
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const [declining, setDeclining] = useState(false);
  const choices = schemas.flatMap((schema, place) =>
    optionsOf(schema, null, t.noneOfThese) === null ? [] : [place],
  );
  const [marked, setMarked] = useState(choices[0] ?? 0);
  const [inHand, takeTexts] = useTextsInHand(schemas);
  const faults = faultsOf(draft, schemas, whole);
  const params = { item_id: item.item_id };

  // What ends the claim; a draft must not be saved after it.
  const deal = useMutation({
    meta: { shown: true },
    mutationFn: async (act: () => Promise<void>) => {
      await kept.finish();
      await act();
    },
    onError: kept.resume,
  });
  const submit = () => {
    setTried(true);
    const wrong = schemas.findIndex(({ name }) => faults[name] !== undefined);
    if (wrong >= 0) {
      focusQuestion(form.current, wrong);
      return;
    }
    if (deal.isPending) return;
    deal.mutate(async () => {
      const body = { ...formOf(draft, schemas), token: kept.token(), reviewer };
      const view = await call("submit_review", params, { body });
      await dealtWith(view, t.last[view.state], true);
    });
  };
  const release = (requeue: boolean) =>
    deal.mutate(async () => {
      const token = kept.token();
      if (token !== null) await call("release_review", params, { body: { token, requeue, reviewer } });
      await (requeue ? advance() : stop());
    });
  const decline = (reason: string) =>
    deal.mutate(async () => {
      const view = await call("decline_review", params, { body: { reason, reviewer } });
      await dealtWith(view, t.declined, false);
    });

  const answer = (name: string, next: Answer) =>
    kept.change({ ...draft, answers: { ...draft.answers, [name]: next } });
  const choose = (number: number) => {
    const schema = schemas[marked];
    if (schema === undefined || declining) return;
    const option = optionsOf(schema, draft.answers[schema.name] ?? null, t.noneOfThese)?.[number - 1];
    if (option === undefined) return;
    answer(schema.name, option.next);
    if (!schema.input.multi_select) setMarked(choices.find((place) => place > marked) ?? marked);
  };
  const digits = Array.from({ length: 9 }, (_, index) => [String(index + 1), () => choose(index + 1)]);
  useShortcuts({
    ...Object.fromEntries(digits),
    ...(session.allow_decline ? { d: () => setDeclining(true) } : {}),
  });
  useHotkeys(
    [
      ["mod+Enter", () => !declining && !isCovered() && submit()],
      ["mod+S", () => void kept.save()],
    ],
    [],
  );
  // Enter in a field, also on an option, would hand the review in.
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <section className={classes.side} aria-labelledby="review-form">
      <h2 id="review-form">{t.form}</h2>
      <Lease untilMs={kept.leaseUntilMs} keeping={kept.keeping} />
      <form ref={form} onSubmit={onSubmit} onKeyDown={onKey} noValidate aria-labelledby="review-form">
        {schemas.map((schema, place) => (
          <Question
            key={schema.schema_id}
            schema={schema}
            place={place}
            answer={draft.answers[schema.name] ?? null}
            onAnswer={(next) => answer(schema.name, next)}
            comment={draft.comments[schema.name] ?? ""}
            onComment={(next) =>
              kept.change({ ...draft, comments: { ...draft.comments, [schema.name]: next } })
            }
            marked={place === marked}
            onFocus={() => {
              setMarked(place);
              takeTexts(place);
            }}
            optional={!whole || (schema.kind === "EXPECTATION" && judges)}
            fault={tried ? faults[schema.name] : undefined}
            texts={item.texts}
            places={places}
            inHand={inHand(place)}
          />
        ))}
        <LongField
          label={t.overall}
          rows={[1, 6]}
          value={draft.comment}
          onText={(comment) => kept.change({ ...draft, comment })}
        />
        <ReviewProblem
          error={deal.error ?? kept.problem}
          claimAgain={async () => {
            await kept.claimAgain();
            deal.reset();
          }}
          advance={advance}
        />
        <div className={classes.buttons}>
          <Button type="submit" loading={deal.isPending}>
            {t.submit}
          </Button>
          <Button variant="default" onClick={() => void kept.save()} disabled={kept.keeping !== "unsaved"}>
            {t.save}
          </Button>
          <Tooltip label={t.laterHint}>
            <Button variant="default" disabled={deal.isPending} onClick={() => release(true)}>
              {t.later}
            </Button>
          </Tooltip>
          <Tooltip label={t.stopHint}>
            <Button variant="default" disabled={deal.isPending} onClick={() => release(false)}>
              {t.stop}
            </Button>
          </Tooltip>
          {session.allow_decline && (
            <Button variant="default" disabled={deal.isPending} onClick={() => setDeclining(true)}>
              {t.decline}
            </Button>
          )}
        </div>
      </form>
      {declining && <DeclineForm busy={deal.isPending} decline={decline} close={() => setDeclining(false)} />}
    </section>
  );
}

/** Which question the texts of each part are marked for: the one that was answered last, at first the first one. */
function useTextsInHand(schemas: ReviewSession["schemas"]) {
  const [taken, setTaken] = useState<Readonly<Record<string, number>>>({});
  const partOf = (place: number) => {
    const input = schemas[place]?.input;
    return input?.kind === "spans" ? input.marks : null;
  };
  const inHand = (place: number) => {
    const part = partOf(place);
    return part !== null && (taken[part] ?? schemas.findIndex((_, at) => partOf(at) === part)) === place;
  };
  const take = (place: number) => {
    const part = partOf(place);
    if (part !== null && !inHand(place)) setTaken({ ...taken, [part]: place });
  };
  return [inHand, take] as const;
}

/** Whether something lies above the page, which has keys of its own. */
function isCovered(): boolean {
  return document.querySelector("[aria-modal='true']") !== null;
}
