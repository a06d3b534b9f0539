import { Progress, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { spendingQuery } from "@/api/queries";
import type { Spending } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { dayAndMonth, finite, usd } from "@/lib/format";
import { text } from "@/strings";
import classes from "./home-page.module.css";

const t = text.home.budget;
const COLORS = { none: "accent", within: "var(--good)", ahead: "var(--warn)", over: "var(--bad)" } as const;
const DAY_MS = 86_400_000;

/** What the present day, week or month has cost of what it may; for an experiment that has a budget. */
export function Budget({ experimentId }: { experimentId: string }) {
  const found = useQuery(spendingQuery(experimentId));
  if (found.isError) return <ProblemNote error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Skeleton height={70} radius={8} mb={12} aria-hidden />;
  return <BudgetStrip spending={found.data} />;
}

function BudgetStrip({ spending }: { spending: Spending }) {
  const { period, state, complete } = spending;
  const most = finite(spending.max_usd);
  if (most === null) return null;
  const spent = finite(spending.spent_usd) ?? 0;
  const projected = finite(spending.projected_usd);
  const first = dayAndMonth(spending.from_ms, "UTC");
  const last = dayAndMonth(spending.to_ms - DAY_MS, "UTC");
  return (
    <section className={classes.budget} aria-label={t.title} data-state={state}>
      <h2>{t.heading[period]}</h2>
      <p>
        <strong>{t.spent(`${complete ? "" : "≥ "}${usd(spent)}`, usd(most))}</strong>{" "}
        <span className={classes.verdict}>{t.states[state]}</span>
      </p>
      <Progress value={Math.min(100, (100 * spent) / most)} color={COLORS[state]} aria-label={t.title} />
      <p className="dim">
        {period === "day" ? t.on(last) : t.between(first, last)}
        {projected !== null && state !== "over" && ` · ${t.projected(usd(projected))}`}
      </p>
    </section>
  );
}
