import classes from "./pill.module.css";
import { SafeText } from "./safe-text";

/** A short name that points somewhere, as an alias does. */
export function Pill({ text }: { text: string }) {
  return (
    <span className={classes.pill}>
      <SafeText text={text} />
    </span>
  );
}
