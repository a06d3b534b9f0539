import type { Adjudication, Assignment, LabelSchema, ReviewForm } from "@/api/schema";
import { Duration } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { differ, shownAnswer } from "@/lib/labeling";
import { marksOf } from "@/lib/spans";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.labelingItems;

interface AnswerTableProps {
  schemas: readonly LabelSchema[];
  /** Reviews that were handed in. */
  reviews: readonly Assignment[];
  decision: Adjudication | undefined;
  gold: Readonly<Record<string, unknown>>;
}

interface Column {
  key: string;
  who: string;
  note: string;
  form: ReviewForm;
  durationMs: number | null;
}

/** All answers to an item: a row a question, a column a reviewer; questions on which they differ are marked. */
export function AnswerTable({ schemas, reviews, decision, gold }: AnswerTableProps) {
  const columns = columnsOf(reviews, decision);
  const comments = columns.some(({ form }) => form.comment !== null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className={classes.wide} tabIndex={0} role="region" aria-label={t.answers}>
      <table className={classes.answers} aria-label={t.answers}>
        <thead>
          <tr>
            <th>{t.question}</th>
            {columns.map(({ key, who, note }) => (
              <th key={key}>
                <SafeText text={who} />
                {note !== "" && <span className="dim"> {note}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {schemas.map((schema) => {
            const given = reviews.map((each) => each.submission?.form.answers[schema.name] ?? null);
            return (
              <tr key={schema.schema_id} data-differ={differ(given) || undefined}>
                <th scope="row">
                  <SafeText text={schema.title} />
                  {Object.hasOwn(gold, schema.name) && <span className="dim"> · {t.facts.gold}</span>}
                </th>
                {columns.map(({ key, form }) => (
                  <td key={key}>
                    <Answer schema={schema} form={form} />
                  </td>
                ))}
              </tr>
            );
          })}
          {comments && (
            <tr>
              <th scope="row">{t.comment}</th>
              {columns.map(({ key, form }) => (
                <td key={key}>
                  <SafeText text={form.comment ?? ""} />
                </td>
              ))}
            </tr>
          )}
          <tr>
            <th scope="row">{t.took}</th>
            {columns.map(({ key, durationMs }) => (
              <td key={key}>
                <Duration ms={durationMs} />
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function columnsOf(reviews: readonly Assignment[], decision: Adjudication | undefined): Column[] {
  const columns: Column[] = reviews.flatMap(({ assignment_id, reviewer, verified, submission }) =>
    submission === null
      ? []
      : [
          {
            key: assignment_id,
            who: reviewer ?? t.placeAnybody,
            note: verified ? "" : `(${text.labelingSession.unverified})`,
            form: submission.form,
            durationMs: submission.duration_ms,
          },
        ],
  );
  if (decision !== undefined)
    columns.push({
      key: "decision",
      who: t.decided,
      note: t.decidedBy(decision.by),
      form: decision.form,
      durationMs: null,
    });
  return columns;
}

function Answer({ schema, form }: { schema: LabelSchema; form: ReviewForm }) {
  const value = form.answers[schema.name];
  const comment = form.comments[schema.name];
  return (
    <>
      {value === undefined || value === null ? (
        <span className="dim">{t.answerMissing}</span>
      ) : schema.input.kind === "spans" && marksOf(value).length === 0 ? (
        <span className="dim">{t.nothingMarked}</span>
      ) : (
        <strong>
          <SafeText text={shownAnswer(schema, value)} />
        </strong>
      )}
      {comment !== undefined && (
        <div className="dim">
          <SafeText text={comment} />
        </div>
      )}
    </>
  );
}
