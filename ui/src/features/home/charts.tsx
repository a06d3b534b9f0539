import { type ReactNode, useMemo } from "react";
import { useTimeRange } from "@/app/time-range";
import { Chart } from "@/components/chart";
import { Count, Duration, Share, Usd } from "@/components/figures";
import { duration, exactNumber, percent, shortNumber, usd } from "@/lib/format";
import { absoluteRange } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./home-page.module.css";
import type { Figures } from "./use-figures";

const t = text.home;

/** Traffic, failures, latency, tokens and cost over time. */
export function Charts({ figures, children }: { figures: Figures; children: ReactNode }) {
  const { zone, setRange } = useTimeRange();
  const { totals, times, bucketMs } = figures;
  const n = totals.count ?? 0;
  const tokens = (totals.tokens_input ?? 0) + (totals.tokens_output ?? 0);
  const of = t.of(exactNumber(n));
  const series = useMemo(() => seriesOf(figures), [figures]);
  const shared = {
    times,
    bucketMs,
    zone,
    onRange: (fromMs: number, toMs: number) => setRange(absoluteRange(fromMs, toMs)),
  };
  return (
    <>
      {!figures.complete && <p className="dim">{t.incomplete}</p>}
      <div className={classes.grid}>
        <Chart
          {...shared}
          title={t.traffic}
          kind="bars"
          format={shortNumber}
          whole
          headline={<Count value={n} />}
          series={series.traffic}
        />
        <Chart
          {...shared}
          title={t.errorRate}
          kind="bars"
          format={percent}
          headline={<Share value={totals.error_rate ?? null} n={n} />}
          note={of}
          series={series.errors}
        />
        <Chart
          {...shared}
          title={t.latency}
          kind="lines"
          format={duration}
          headline={
            <>
              <Duration ms={totals.duration_p50} /> <span className={classes.small}>p50</span>{" "}
              <Duration ms={totals.duration_p95} /> <span className={classes.small}>p95</span>{" "}
              <Duration ms={totals.duration_p99} /> <span className={classes.small}>p99</span>
            </>
          }
          note={of}
          series={series.latency}
        />
        <Chart
          {...shared}
          title={t.tokens}
          kind="lines"
          format={shortNumber}
          whole
          headline={
            <>
              <Count value={tokens === 0 ? null : (totals.tokens_input ?? 0)} />{" "}
              <span className={classes.small}>{t.input}</span>{" "}
              <Count value={tokens === 0 ? null : (totals.tokens_output ?? 0)} />{" "}
              <span className={classes.small}>{t.output}</span>
            </>
          }
          note={of}
          series={series.tokens}
          missing={tokens === 0 ? t.notReported : undefined}
        />
        <Chart
          {...shared}
          title={t.cost}
          kind="bars"
          format={usd}
          headline={<Usd value={totals.cost_usd} />}
          note={of}
          series={series.cost}
          missing={(totals.cost_usd ?? null) === null ? t.notReported : undefined}
        />
        {children}
      </div>
    </>
  );
}

function seriesOf(figures: Figures) {
  const { over } = figures;
  return {
    traffic: [{ label: t.traffic, color: "--accent-fill", values: over("count") }],
    errors: [{ label: t.errorRate, color: "--bad", values: over("error_rate") }],
    latency: [
      { label: "p50", color: "--accent-fill", values: over("duration_p50") },
      { label: "p95", color: "--warn", values: over("duration_p95") },
      { label: "p99", color: "--bad", values: over("duration_p99") },
    ],
    tokens: [
      { label: t.input, color: "--info", values: over("tokens_input") },
      { label: t.output, color: "--kind-agent", values: over("tokens_output") },
    ],
    cost: [{ label: t.cost, color: "--kind-judge", values: over("cost_usd") }],
  };
}
