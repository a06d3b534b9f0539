import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader,
  IconPlayerStop,
} from "@tabler/icons-react";
import type { Evaluation } from "@/api/schema";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./evaluations.module.css";

const t = text.evaluations;

const LOOKS = {
  CREATED: { icon: IconCircleDashed, tone: undefined },
  RUNNING: { icon: IconLoader, tone: undefined },
  COMPLETED: { icon: IconCircleCheck, tone: "good" },
  COMPLETED_WITH_ERRORS: { icon: IconAlertTriangle, tone: "warn" },
  FAILED: { icon: IconCircleX, tone: "bad" },
  CANCELLED: { icon: IconPlayerStop, tone: undefined },
  INTERRUPTED: { icon: IconAlertTriangle, tone: "warn" },
} as const;

/** How an evaluation stands: a word and a shape; with its progress until all rows have ended. */
export function EvaluationState({ evaluation }: { evaluation: Evaluation }) {
  const { icon: Icon, tone } = LOOKS[evaluation.state];
  const { rows_done, rows_failed, rows_total: total } = evaluation;
  const ended = rows_done + rows_failed;
  return (
    <span className={classes.state} data-tone={tone} title={evaluation.message ?? undefined}>
      <Icon size={14} aria-hidden />
      {t.states[evaluation.state]}
      {ended < total && <span className="dim num">{t.progress(exactNumber(ended), exactNumber(total))}</span>}
    </span>
  );
}
