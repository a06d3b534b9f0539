import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useLayoutEffect, useRef } from "react";
import { text } from "@/strings";
import classes from "./question.module.css";
import { LongField } from "./text-fields";

const t = text.review;

interface TextListProps {
  texts: readonly string[];
  /** How many there may be; null for as many as the server takes. */
  most: number | null;
  onTexts: (texts: readonly string[]) => void;
}

/** Texts, a field for each; Enter goes on to a further one. Empty ones do not count. */
export function TextList({ texts, most, onTexts }: TextListProps) {
  const list = useRef<HTMLDivElement>(null);
  const wanted = useRef<number | null>(null);
  // Before anything else is typed, which would go to the field that has the focus still.
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    list.current?.querySelectorAll<HTMLElement>("[data-text]")[wanted.current]?.focus();
    wanted.current = null;
  });
  const shown = texts.length === 0 ? [""] : texts;
  const full = most !== null && shown.length >= most;
  const add = (after: number) => {
    if (full) return;
    wanted.current = after + 1;
    onTexts([...shown.slice(0, after + 1), "", ...shown.slice(after + 1)]);
  };
  return (
    <div className={classes.texts} ref={list}>
      {shown.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: texts have no identity but their place
        <div key={index} className={classes.entry}>
          <LongField
            data-text
            aria-label={t.entry(index + 1)}
            rows={[1, 6]}
            value={each}
            onText={(written) => onTexts(shown.map((other, at) => (at === index ? written : other)))}
            onKeyDown={(event) => {
              const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
              if (event.key !== "Enter" || !plain || event.nativeEvent.isComposing) return;
              event.preventDefault();
              if (each.trim() !== "") add(index);
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.removeEntry(index + 1)}
            disabled={texts.length === 0}
            onClick={() => onTexts(shown.filter((_, at) => at !== index))}
          >
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button size="compact-xs" variant="default" disabled={full} onClick={() => add(shown.length - 1)}>
        {t.addEntry}
      </Button>
    </div>
  );
}
