import { Fragment, type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { MarkableText } from "@/api/schema";
import { type Mark, stretchesOf } from "@/lib/spans";
import { text } from "@/strings";
import classes from "./mark-field.module.css";

const t = text.review.marks;

interface MarkFieldProps {
  shown: MarkableText;
  marks: readonly Mark[];
  onSelection: (from: number, to: number) => void;
  /** A key was pressed, with this stretch selected: the event of a selection may still be on its way. */
  onKey: (event: KeyboardEvent, from: number, to: number) => void;
  described: { "aria-describedby": string; "aria-invalid": boolean };
}

/** What is written, as by an input method, is not kept. */
function ignore() {
  return undefined;
}

/** A text in which stretches are selected, as high as it is long, with its marks behind their words.
 *
 * A field, as it is reached and selected in by keyboard, and knows nothing of markup. Behind it lies the same text once
 * more, unseen but for its marks: both must break lines alike.
 */
export function MarkField({ shown, marks, onSelection, onKey, described }: MarkFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const refuse = (event: Event) => event.preventDefault();
    const node = field.current;
    node?.addEventListener("beforeinput", refuse);
    return () => node?.removeEventListener("beforeinput", refuse);
  }, []);
  const stretches = useMemo(() => stretchesOf(shown, marks), [shown, marks]);
  return (
    <div className={classes.field}>
      <div className={classes.behind} dir="auto" aria-hidden>
        {stretches.map(({ text, labels }, index) =>
          labels.length === 0 ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: stretches have no identity but their place
            <Fragment key={index}>{lines(text)}</Fragment>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: stretches have no identity but their place
            <mark key={index}>
              <small>{labels.join(", ")}</small>
              {lines(text)}
            </mark>
          ),
        )}
        {/* A line break at the end begins a line in the field only. */}
        {"\n"}
      </div>
      <textarea
        {...described}
        ref={field}
        dir="auto"
        spellCheck={false}
        // Browsers let nobody select by keyboard in a field that is read only: this one takes no input instead.
        aria-readonly
        inputMode="none"
        rows={1}
        onChange={ignore}
        aria-label={t.text(shown.field)}
        value={shown.text}
        onKeyDown={(event) => {
          const { selectionStart, selectionEnd } = event.currentTarget;
          onKey(event, selectionStart, selectionEnd);
        }}
        onSelect={({ currentTarget }) =>
          onSelection(currentTarget.selectionStart, currentTarget.selectionEnd)
        }
      />
    </div>
  );
}

/** A text with the line breaks that a field shows. */
function lines(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}
