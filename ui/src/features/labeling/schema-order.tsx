import { ActionIcon } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useLayoutEffect, useRef, useState } from "react";
import type { LabelSchema } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.newSession.asking;

interface SchemaOrderProps {
  /** The schemas that were chosen, in the order in which reviewers are asked. */
  asked: readonly LabelSchema[];
  onChange: (ids: readonly string[]) => void;
}

/** The order of the questions, which two buttons on each of them change; the focus goes with the one that moved. */
export function SchemaOrder({ asked, onChange }: SchemaOrderProps) {
  const list = useRef<HTMLOListElement>(null);
  const wanted = useRef<{ place: number; up: boolean } | null>(null);
  const [said, setSaid] = useState("");
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const { place, up } = wanted.current;
    wanted.current = null;
    const [first, second] = list.current?.children[place]?.querySelectorAll("button") ?? [];
    const [meant, other] = up ? [first, second] : [second, first];
    (meant?.disabled ? other : meant)?.focus();
  });
  const move = (from: number, up: boolean) => {
    const place = up ? from - 1 : from + 1;
    const schema = asked[from];
    if (schema === undefined || asked[place] === undefined) return;
    const rest = asked.filter((each) => each !== schema).map(({ schema_id }) => schema_id);
    wanted.current = { place, up };
    setSaid(t.moved(schema.title, place + 1, asked.length));
    onChange([...rest.slice(0, place), schema.schema_id, ...rest.slice(place)]);
  };
  return (
    <section>
      <p className="dim">{t.title}</p>
      <ol className={classes.order} ref={list} aria-label={t.title}>
        {asked.map((schema, place) => (
          <li key={schema.schema_id}>
            <span className={classes.orderRow}>
              <ActionIcon
                size="sm"
                variant="default"
                aria-label={t.up(schema.title)}
                disabled={place === 0}
                onClick={() => move(place, true)}
              >
                <IconArrowUp size={14} />
              </ActionIcon>
              <ActionIcon
                size="sm"
                variant="default"
                aria-label={t.down(schema.title)}
                disabled={place === asked.length - 1}
                onClick={() => move(place, false)}
              >
                <IconArrowDown size={14} />
              </ActionIcon>
              <SafeText text={schema.title} />
            </span>
          </li>
        ))}
      </ol>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </section>
  );
}
