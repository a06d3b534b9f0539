import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { call, Problem } from "@/api/client";
import { askLabelingAnew, reviewQuery } from "@/api/review-queries";
import type { LabelingItem, LabelingSession } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { Question } from "@/components/question";
import { focusQuestion } from "@/components/question-focus";
import {
  isReviewerName,
  MOST_REVIEWER_NAME,
  REMEMBERED_REVIEWER,
  useSignedIn,
} from "@/components/reviewer-name";
import { SafeText } from "@/components/safe-text";
import { LineField, LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { agreedForm, differ, disputesOf, roundsOf } from "@/lib/labeling";
import { draftOf, type Fault, faultsOf, formOf } from "@/lib/review";
import { recall, remember } from "@/lib/stored";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.labelingItems;

interface DecideFormProps {
  session: LabelingSession;
  item: LabelingItem;
  close: () => void;
}

/** Decides a dispute: the same questions, begun with what all reviewers answered alike, and a reason. */
export function DecideForm({ session, item, close }: DecideFormProps) {
  const { schemas } = session;
  const named = useSignedIn() === false;
  const [name, setName] = useState(() => recall(REMEMBERED_REVIEWER, "", isReviewerName));
  const reviews = roundsOf(item).find((each) => each.round === item.round)?.reviews ?? [];
  const forms = reviews.flatMap(({ submission }) => (submission === null ? [] : [submission.form]));
  const [draft, setDraft] = useState(() => draftOf(agreedForm(forms, schemas), schemas));
  const [tried, setTried] = useState(false);
  const client = useQueryClient();
  // The texts as reviewers have them: where nobody signs in, as one of those who have reviewed the item.
  const shown = useQuery({
    ...reviewQuery(item.item_id, named ? (reviews[0]?.reviewer ?? "") : null),
    enabled: schemas.some(({ input }) => input.kind === "spans"),
  });
  const form = formOf(draft, schemas);
  const decide = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const body = {
        ...form,
        answers: form.answers as Record<string, never>,
        reviewer: named ? name.trim() : null,
      };
      return call("adjudicate_labeling_item", { item_id: item.item_id }, { body });
    },
    onSuccess: async () => {
      if (named) remember(REMEMBERED_REVIEWER, name.trim());
      await askLabelingAnew(client);
      showToast(t.decideDone);
      close();
    },
  });
  const differs = (name: string) => differ(forms.map(({ answers }) => answers[name] ?? null));
  const needed = new Set([...disputesOf(session, forms), ...missingOf(decide.error)]);
  const left = schemas.filter(({ name }) => needed.has(name) && form.answers[name] === undefined);
  const faults: Partial<Record<string, Fault>> = {
    ...faultsOf(draft, schemas, false),
    ...Object.fromEntries(left.map(({ name }) => [name, "missing" as const])),
  };
  const nothing = left.length === 0 && Object.keys(form.answers).length === 0;
  const sheet = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const wrong = schemas.findIndex(({ name }) => faults[name] !== undefined);
    if (wrong >= 0) focusQuestion(sheet.current, wrong);
    else if (!nothing) decide.mutate();
  };
  return (
    <form
      ref={sheet}
      className={`${classes.card} ${classes.form}`}
      aria-label={t.decideTitle}
      onSubmit={submit}
    >
      <h3>{t.decideTitle}</h3>
      <p className="dim">{t.decideHint}</p>
      <div className={classes.buttons}>
        {reviews.map(({ assignment_id, reviewer, submission }) => (
          <Button
            key={assignment_id}
            size="compact-xs"
            variant="default"
            onClick={() =>
              setDraft({ ...draftOf(submission?.form ?? null, schemas), comment: draft.comment })
            }
          >
            {t.take(reviewer ?? t.placeAnybody)}
          </Button>
        ))}
      </div>
      {schemas.map((schema, place) => (
        <Question
          key={schema.schema_id}
          schema={schema}
          place={place}
          answer={draft.answers[schema.name] ?? null}
          onAnswer={(next) => setDraft({ ...draft, answers: { ...draft.answers, [schema.name]: next } })}
          comment={draft.comments[schema.name] ?? ""}
          onComment={(next) => setDraft({ ...draft, comments: { ...draft.comments, [schema.name]: next } })}
          marked={false}
          onFocus={() => undefined}
          optional={!needed.has(schema.name) && !(schema.input.kind === "spans" && differs(schema.name))}
          fault={tried ? faults[schema.name] : undefined}
          disputed={differs(schema.name)}
          texts={shown.data?.texts ?? null}
        />
      ))}
      <LongField
        label={t.reason}
        description={t.reasonHint}
        required
        rows={[2, 8]}
        value={draft.comment}
        onText={(comment) => setDraft({ ...draft, comment })}
      />
      {named && (
        <LineField label={t.as} required maxLength={MOST_REVIEWER_NAME} value={name} onText={setName} />
      )}
      {tried && nothing && <p role="alert">{t.nothingDecided}</p>}
      {tried && left.length > 0 && (
        <p role="alert">
          <SafeText text={t.undecided(left.map(({ title }) => title))} />
        </p>
      )}
      {decide.isError && missingOf(decide.error).length === 0 && <ProblemNote error={decide.error} />}
      <FormButtons submit={t.decide} busy={decide.isPending} close={close} />
    </form>
  );
}

/** The questions that the server found in dispute and not decided; none where it says something else. */
function missingOf(error: unknown): readonly string[] {
  const missing = error instanceof Problem ? error.details.missing : null;
  return Array.isArray(missing) ? missing.filter((name) => typeof name === "string") : [];
}
