import { IconAlertCircle, IconCircleCheck, IconGhost, IconLoader } from "@tabler/icons-react";
import type { Trace } from "@/api/schema";
import { text } from "@/strings";
import classes from "./state.module.css";

const ICONS = { OK: IconCircleCheck, ERROR: IconAlertCircle, IN_PROGRESS: IconLoader, ABANDONED: IconGhost };

/** How a trace went: a word and a shape, never colour alone. */
export function State({ state, compact = false }: { state: Trace["state"]; compact?: boolean }) {
  const Icon = ICONS[state];
  return (
    <span className={classes.state} data-state={state} title={text.state[state]}>
      <Icon size={14} aria-hidden />
      {compact ? <span className="visually-hidden">{text.state[state]}</span> : text.state[state]}
    </span>
  );
}
