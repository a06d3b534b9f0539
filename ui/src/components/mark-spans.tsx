import { ActionIcon, Button, Checkbox, Textarea } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import type { LabelSchema, MarkableText } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { type Mark, selected, textsOf, withMark } from "@/lib/spans";
import { text } from "@/strings";
import { MarkedText } from "./marked-text";
import classes from "./question.module.css";

const t = text.review.marks;

interface MarkSpansProps {
  schema: LabelSchema;
  /** Where spans can be marked; null where the texts are not at hand, and marks can be removed alone. */
  texts: readonly MarkableText[] | null;
  /** Null while nothing is answered: nothing marked is an answer. */
  marks: readonly Mark[] | null;
  onMarks: (marks: readonly Mark[] | null) => void;
  described: { "aria-describedby": string; "aria-invalid": boolean };
}

/** Stretches of texts with labels: a text is selected in a field that nobody can write in, and gets a label.
 *
 * A field for that, as it is reached and selected in by keyboard, and knows nothing of markup.
 */
export function MarkSpans({ schema, texts, marks, onMarks, described }: MarkSpansProps) {
  const { options, marks: part, max_count } = schema.input;
  const shown = textsOf(texts ?? [], part);
  const own = marks ?? [];
  const full = own.length >= (max_count ?? 100);
  return (
    <div className={classes.texts}>
      {texts === null && <p className="dim">{t.removeAlone}</p>}
      {texts !== null && shown.length === 0 && <p className="dim">{t.noText}</p>}
      {shown.map((each) => (
        <OneText
          key={each.field}
          shown={each}
          named={shown.length > 1}
          labels={options}
          marks={own}
          full={full}
          onMark={(mark) => onMarks(withMark(own, mark))}
          described={described}
        />
      ))}
      {own.length > 0 && (
        <ul className={classes.marks} aria-label={t.marked}>
          {own.map((each) => (
            <li key={`${each.field} ${each.start} ${each.end} ${each.label}`}>
              <q>
                <SafeText text={each.text} />
              </q>{" "}
              <strong>
                <SafeText text={each.label} />
              </strong>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t.remove(each.text, each.label)}
                onClick={() => {
                  const left = own.filter((other) => other !== each);
                  onMarks(left.length === 0 ? null : left);
                }}
              >
                <IconX size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
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

interface OneTextProps {
  shown: MarkableText;
  named: boolean;
  labels: readonly string[];
  marks: readonly Mark[];
  full: boolean;
  onMark: (mark: Mark) => void;
  described: { "aria-describedby": string; "aria-invalid": boolean };
}

function OneText({ shown, named, labels, marks, full, onMark, described }: OneTextProps) {
  const [[from, to], setSelection] = useState<readonly [number, number]>([0, 0]);
  const mark = (label: string | undefined) => {
    const made = label === undefined || full ? null : selected(shown, from, to, label);
    if (made !== null) onMark(made);
  };
  // The number of a label marks what is selected; nothing is typed into a field that is not written in.
  const onKey = (event: KeyboardEvent) => {
    const number = Number(event.key);
    if (!Number.isInteger(number) || number < 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    mark(labels[number - 1]);
  };
  return (
    <div className={classes.markable}>
      {named && (
        <span className="dim">
          <SafeText text={shown.field} />
        </span>
      )}
      <Textarea
        {...described}
        readOnly
        autosize
        minRows={2}
        maxRows={10}
        aria-label={t.text(shown.field)}
        value={shown.text}
        onKeyDown={onKey}
        onSelect={(event) =>
          setSelection([event.currentTarget.selectionStart, event.currentTarget.selectionEnd])
        }
      />
      <div className={classes.options}>
        {labels.map((label, index) => (
          <Button
            key={label}
            size="compact-sm"
            variant="default"
            disabled={from === to || full}
            // The selection is lost when the field loses the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => mark(label)}
          >
            {t.as} <SafeText text={label} /> {index < 9 && <kbd aria-hidden>{index + 1}</kbd>}
          </Button>
        ))}
      </div>
      {marks.some(({ field }) => field === shown.field) && <MarkedText shown={shown} marks={marks} />}
    </div>
  );
}
