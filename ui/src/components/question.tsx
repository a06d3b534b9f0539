import { Button } from "@mantine/core";
import { type ReactNode, useId, useMemo } from "react";
import type { LabelSchema, MarkableText } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { type Answer, bound, type Fault, type Option, optionsOf, textsIn } from "@/lib/review";
import { marksOf } from "@/lib/spans";
import { text } from "@/strings";
import { type MarkPlaces, MarkSpans } from "./mark-spans";
import classes from "./question.module.css";
import { LineField, LongField } from "./text-fields";
import { TextList } from "./text-list";

const t = text.review;
const KEYS = 9;
const NO_PLACES: MarkPlaces = {};

interface QuestionProps {
  schema: LabelSchema;
  /** Its place in the form, by which the form finds it. */
  place: number;
  answer: Answer;
  onAnswer: (answer: Answer) => void;
  comment: string;
  onComment: (comment: string) => void;
  /** It is the one that is answered now: number keys choose of its options. */
  marked: boolean;
  onFocus: () => void;
  /** Need not be answered. */
  optional: boolean;
  fault: Fault | undefined;
  /** Those who answered it did not agree. */
  disputed?: boolean;
  /** Where spans can be marked; null where the texts are not at hand. */
  texts: readonly MarkableText[] | null;
  /** Where the texts stand on the page, outside of the form. */
  places?: MarkPlaces;
  /** Whether the texts are this question's to mark now. */
  inHand?: boolean;
}

/** One question of a session: what its schema asks, and a field of the kind by which it is answered. */
export function Question(props: QuestionProps) {
  const { schema, place, answer, onAnswer, comment, onComment, marked, onFocus, optional, fault } = props;
  const { disputed = false, texts, places = NO_PLACES, inHand = true } = props;
  const id = useId();
  const options = optionsOf(schema, answer, t.noneOfThese);
  const notes = [schema.instruction ?? "", boundsOf(schema)].filter((each) => each !== "");
  const described = { "aria-describedby": `${id}-notes ${id}-fault`, "aria-invalid": fault !== undefined };
  return (
    <fieldset
      className={classes.question}
      data-question={place}
      data-marked={marked || undefined}
      data-disputed={disputed || undefined}
      onFocus={onFocus}
      aria-describedby={`${id}-notes ${id}-fault`}
    >
      <legend>
        <SafeText text={schema.title} />
        {optional && <span className="dim"> ({t.optional})</span>}
        {disputed && <span className={classes.disputed}> · {t.disputed}</span>}
      </legend>
      <div id={`${id}-notes`} className="dim">
        {notes.map((note) => (
          <p key={note}>
            <SafeText text={note} />
          </p>
        ))}
      </div>
      {options === null ? (
        <Written
          schema={schema}
          answer={answer}
          onAnswer={onAnswer}
          described={described}
          texts={texts}
          places={places}
          inHand={inHand}
          take={onFocus}
          hinted={marked}
        />
      ) : (
        <Options
          options={options}
          several={schema.input.multi_select}
          marked={marked}
          name={id}
          onAnswer={onAnswer}
        />
      )}
      {options !== null && optional && answer !== null && (
        <Button size="compact-xs" variant="subtle" onClick={() => onAnswer(null)}>
          {t.clear}
        </Button>
      )}
      <p id={`${id}-fault`} className={classes.fault}>
        {fault !== undefined && faultText(fault, schema)}
      </p>
      {schema.enable_comment && (
        <LongField
          label={t.comment}
          aria-label={t.commentOn(schema.title)}
          rows={[1, 6]}
          value={comment}
          onText={onComment}
        />
      )}
    </fieldset>
  );
}

interface OptionsProps {
  options: readonly Option[];
  several: boolean;
  marked: boolean;
  name: string;
  onAnswer: (answer: Answer) => void;
}

function Options({ options, several, marked, name, onAnswer }: OptionsProps): ReactNode {
  return (
    <div className={classes.options}>
      {options.map((option, index) => (
        <label key={option.label} className={classes.option}>
          <input
            type={several ? "checkbox" : "radio"}
            name={name}
            checked={option.chosen}
            onChange={() => onAnswer(option.next)}
          />
          <SafeText text={option.label} />
          {marked && index < KEYS && <kbd aria-hidden>{index + 1}</kbd>}
        </label>
      ))}
    </div>
  );
}

interface WrittenProps {
  schema: LabelSchema;
  answer: Answer;
  onAnswer: (answer: Answer) => void;
  texts: readonly MarkableText[] | null;
  places: MarkPlaces;
  inHand: boolean;
  take: () => void;
  hinted: boolean;
  described: { "aria-describedby": string; "aria-invalid": boolean };
}

function Written(props: WrittenProps) {
  const { schema, answer, onAnswer, described, texts, places, inHand, take, hinted } = props;
  const { kind, max_count } = schema.input;
  const marks = useMemo(() => (answer === null || kind !== "spans" ? null : marksOf(answer)), [answer, kind]);
  if (kind === "text_list") return <TextList texts={textsIn(answer)} most={max_count} onTexts={onAnswer} />;
  if (kind === "spans")
    return (
      <MarkSpans
        schema={schema}
        texts={texts}
        places={places}
        inHand={inHand}
        take={take}
        hinted={hinted}
        marks={marks}
        onMarks={onAnswer}
        described={described}
      />
    );
  const value = typeof answer === "string" ? answer : "";
  if (kind === "numeric")
    return (
      <LineField
        {...described}
        className={classes.number}
        inputMode="decimal"
        aria-label={schema.title}
        value={value}
        onText={onAnswer}
      />
    );
  return (
    <LongField {...described} aria-label={schema.title} rows={[2, 12]} value={value} onText={onAnswer} />
  );
}

/** What keeps an answer from being handed in, with the bound that it goes past. */
function faultText(fault: Fault, { input }: LabelSchema): string {
  if (fault === "low") return t.faults.low(bound(input.min_value) ?? 0);
  return fault === "high" ? t.faults.high(bound(input.max_value) ?? 0) : t.faults[fault];
}

/** What an answer is held to, in words; empty when nothing need be said. */
function boundsOf({ input }: LabelSchema): string {
  if (input.kind === "numeric") {
    const [least, most] = [bound(input.min_value), bound(input.max_value)];
    if (least !== null && most !== null) return t.between(least, most);
    if (least !== null) return t.atLeast(least);
    return most !== null ? t.atMost(most) : t.anyNumber;
  }
  if (input.kind === "spans")
    return input.max_count === null ? t.marks.how : `${t.marks.how} ${t.maxMarks(input.max_count)}`;
  const said = [
    input.max_count === null ? "" : t.maxCount(input.max_count),
    input.max_length === null ? "" : t.maxLength(input.max_length),
  ];
  return said.filter((each) => each !== "").join(" ");
}
