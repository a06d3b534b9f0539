import type { ItemState } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";

/** The state of an item: a word, and the colour that it has in the bar of all items. */
export function ItemStateName({ state }: { state: ItemState }) {
  return (
    <span>
      <span className={classes.dot} data-state={state} />
      {text.labeling.itemStates[state]}
    </span>
  );
}
