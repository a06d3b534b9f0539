import type { GateReport, GateResult } from "@/api/schema";
import { Count, MetricValue } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { finite, MISSING, percent } from "@/lib/format";
import { text } from "@/strings";
import classes from "./models.module.css";

const t = text.models.gated;

/** What a gate came to: the verdict, and each rule with what it rests on. */
export function GateVerdict({ report }: { report: GateReport }) {
  return (
    <>
      <p className={classes.outcome} data-status={report.status}>
        {t.verdicts[report.status]}
      </p>
      <RowsTable
        label={t.verdict}
        heads={[
          { label: t.rule },
          { label: t.status },
          { label: t.observed, numeric: true },
          { label: t.interval, numeric: true },
          { label: t.n, numeric: true },
          { label: t.says },
        ]}
        rows={report.results.map((result) => ({ key: result.rule.name, cells: cellsOf(result) }))}
      />
    </>
  );
}

function cellsOf({ rule, status, observed, interval, n, message }: GateResult) {
  return [
    <SafeText key="rule" text={rule.name} />,
    <span key="status">
      <span className={classes.outcome} data-status={status}>
        {t.statuses[status]}
      </span>
      {rule.action === "warn" && (
        <span className="dim" title={t.warnsHint}>
          {" "}
          · {t.warns}
        </span>
      )}
    </span>,
    observed === null ? MISSING : <MetricValue key="observed" value={observed} />,
    interval === null ? (
      MISSING
    ) : (
      <span key="interval" title={percent(finite(interval.level) ?? 0)}>
        <MetricValue value={interval.low} /> – <MetricValue value={interval.high} />
      </span>
    ),
    <Count key="n" value={n} />,
    <span key="says" className={classes.says}>
      <SafeText text={message} />
    </span>,
  ];
}
