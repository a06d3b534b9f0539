import { Fragment } from "react";
import { visibleParts } from "@/lib/hidden";
import { text as strings } from "@/strings";
import classes from "./safe-text.module.css";

/** Text that somebody else wrote: as it is, in a direction of its own, with hidden characters shown by number. */
export function SafeText({ text }: { text: string }) {
  const parts = visibleParts(text);
  if (parts.length === 0) return null;
  if (parts.length === 1 && parts[0]?.hidden === null) return <bdi>{text}</bdi>;
  return (
    <bdi>
      {parts.map((part, index) =>
        part.hidden === null ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <Fragment key={index}>{part.text}</Fragment>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <span key={index} className={classes.hidden} title={strings.common.hidden(part.hidden)}>
            {part.hidden}
          </span>
        ),
      )}
    </bdi>
  );
}
