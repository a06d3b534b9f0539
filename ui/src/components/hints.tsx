import { IconBulb } from "@tabler/icons-react";
import classes from "./hints.module.css";
import { SafeText } from "./safe-text";

/** Why a filter that is right may have found nothing, in the server's words; else what is said of every filter. */
export function Hints({ hints, otherwise }: { hints: readonly string[]; otherwise: string }) {
  if (hints.length === 0) return <p>{otherwise}</p>;
  return (
    <ul className={classes.hints}>
      {hints.map((hint) => (
        <li key={hint}>
          <IconBulb size={15} aria-hidden />
          <span>
            <SafeText text={hint} />
          </span>
        </li>
      ))}
    </ul>
  );
}
