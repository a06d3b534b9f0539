import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { evaluationQuery, summaryQuery } from "@/api/evaluation-queries";
import { SafeText } from "@/components/safe-text";
import { finite } from "@/lib/format";
import { type Measured, ruleFor } from "@/lib/gaterules";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./models.module.css";

const t = text.models.gated;
const MOST = 20;

/** What an evaluation measured and a rule can look at: numbers, and rates of yes and no. */
export function useMeasured(runId: string): readonly Measured[] {
  const known = runId !== "";
  const evaluation = useQuery({ ...evaluationQuery(runId), enabled: known });
  const done = evaluation.data?.rows_done ?? 0;
  const summary = useQuery({
    ...summaryQuery(runId, done),
    enabled: known && evaluation.data !== undefined,
  });
  const directions = evaluation.data?.bindings.directions ?? {};
  // The query keeps what it showed before; that would be of another evaluation.
  if (summary.data?.evaluation.run.run_id !== runId) return [];
  return summary.data.scorers.flatMap(({ scorer, summary: { value } }) => {
    const now = finite(value);
    return now === null ? [] : [{ scorer, now, lower: directions[scorer] === "lower" }];
  });
}

interface OfferedRulesProps {
  measured: readonly Measured[];
  onRule: (rule: string) => void;
}

/** A button for each metric, which adds a rule for it to those that are written. */
export function OfferedRules({ measured, onRule }: OfferedRulesProps) {
  if (measured.length === 0) return null;
  return (
    <div className={classes.offered}>
      <span className="dim">{t.offered}</span>
      {measured.slice(0, MOST).map((each) => (
        <Button
          key={each.scorer}
          size="compact-sm"
          variant="default"
          aria-label={t.addRule(each.scorer)}
          onClick={() => onRule(ruleFor(each))}
        >
          <SafeText text={each.scorer} />
          <span className={classes.now}>{t.measured(short(each.now))}</span>
        </Button>
      ))}
    </div>
  );
}
