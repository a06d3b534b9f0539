import { ActionIcon, Button, Checkbox } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { createPortal } from "react-dom";
import type { LabelSchema, MarkableText } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { type Mark, rootOf, selected, textsOf, withMark } from "@/lib/spans";
import { text } from "@/strings";
import { MarkField } from "./mark-field";
import classes from "./question.module.css";

const t = text.review.marks;
const KEYS = 9;

/** Where texts are marked: places of the page by the roots of their fields; a text without one stands in the form. */
export type MarkPlaces = Readonly<Record<string, HTMLElement | undefined>>;

interface MarkSpansProps {
  schema: LabelSchema;
  /** Where spans can be marked; null where the texts are not at hand, and marks can be removed alone. */
  texts: readonly MarkableText[] | null;
  places: MarkPlaces;
  /** Whether the texts are this question's to mark now: another question may have the same ones. */
  inHand: boolean;
  /** Take the texts in hand. */
  take: () => void;
  /** Says by which keys labels are chosen. */
  hinted: boolean;
  /** Null while nothing is answered: nothing marked is an answer. */
  marks: readonly Mark[] | null;
  onMarks: (marks: readonly Mark[] | null) => void;
  described: { "aria-describedby": string; "aria-invalid": boolean };
}

interface Selection {
  field: string;
  from: number;
  to: number;
}

/** Stretches of texts with labels: a text is selected where it stands, and gets a label. */
export function MarkSpans(props: MarkSpansProps) {
  const { schema, texts, places, inHand, take, hinted, marks, onMarks, described } = props;
  const { options, marks: part, max_count } = schema.input;
  const shown = textsOf(texts ?? [], part);
  const own = marks ?? [];
  const full = own.length >= (max_count ?? 100);
  const [selection, setSelection] = useState<Selection | null>(null);
  const chosen = selection === null || selection.from === selection.to ? null : selection;
  const mark = (label: string | undefined, at: Selection | null) => {
    const where = shown.find(({ field }) => field === at?.field);
    if (label === undefined || full || at === null || where === undefined) return;
    const made = selected(where, at.from, at.to, label);
    if (made !== null) onMarks(withMark(own, made));
  };
  // The number of a label marks what is selected; nothing is typed into a field that is not written in.
  const onKey = (event: KeyboardEvent, at: Selection) => {
    const number = Number(event.key);
    if (!Number.isInteger(number) || number < 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    mark(options[number - 1], at);
  };
  return (
    <div className={classes.texts}>
      {texts === null && <p className="dim">{t.removeAlone}</p>}
      {texts !== null && shown.length === 0 && <p className="dim">{t.noText}</p>}
      {inHand &&
        shown.map((each) => {
          const place = places[rootOf(each.field)];
          const field = (
            <div key={each.field} className={place === undefined ? classes.within : classes.markable}>
              {shown.length > 1 && (
                <span className="dim">
                  <SafeText text={each.field} />
                </span>
              )}
              <MarkField
                shown={each}
                marks={own}
                onSelection={(from, to) => setSelection({ field: each.field, from, to })}
                onKey={(event, from, to) => onKey(event, { field: each.field, from, to })}
                described={described}
              />
            </div>
          );
          return place === undefined ? field : createPortal(field, place, each.field);
        })}
      {!inHand && shown.length > 0 && (
        <Button size="compact-sm" variant="default" onClick={take}>
          {t.take}
        </Button>
      )}
      {inHand && shown.length > 0 && (
        <div className={classes.options}>
          {options.map((label, index) => (
            <Button
              key={label}
              size="compact-sm"
              variant="default"
              className={classes.label}
              disabled={chosen === null || full}
              // The selection is lost when the field loses the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => mark(label, chosen)}
            >
              <span>
                {t.as} <SafeText text={label} />{" "}
                {hinted && index < KEYS && <kbd aria-hidden>{index + 1}</kbd>}
              </span>
            </Button>
          ))}
        </div>
      )}
      <MarkList marks={own} onMarks={onMarks} />
      {full && <p className="dim">{t.full(own.length)}</p>}
      <Checkbox
        label={t.nothing}
        checked={marks !== null && own.length === 0}
        disabled={own.length > 0}
        onChange={(event) => onMarks(event.currentTarget.checked ? [] : null)}
      />
    </div>
  );
}

/** What is marked, each to be taken off again. */
function MarkList({ marks, onMarks }: { marks: readonly Mark[]; onMarks: MarkSpansProps["onMarks"] }) {
  if (marks.length === 0) return null;
  return (
    <ul className={classes.marks} aria-label={t.marked}>
      {marks.map((each) => (
        <li key={`${each.field} ${each.start} ${each.end} ${each.label}`}>
          <q title={each.text.length > MOST_QUOTED ? each.text.slice(0, 1_000) : undefined}>
            <SafeText text={short(each.text)} />
          </q>{" "}
          <strong>
            <SafeText text={each.label} />
          </strong>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.remove(short(each.text), each.label)}
            onClick={() => {
              const left = marks.filter((other) => other !== each);
              onMarks(left.length === 0 ? null : left);
            }}
          >
            <IconX size={14} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}

const MOST_QUOTED = 120;

/** The words of a mark: long ones by their beginning, as they stand whole in the text. */
function short(words: string): string {
  const points = Array.from(words.slice(0, 2 * MOST_QUOTED + 2));
  return points.length <= MOST_QUOTED ? words : `${points.slice(0, MOST_QUOTED).join("")}…`;
}
