import { ActionIcon, Tooltip, useComputedColorScheme } from "@mantine/core";
import { IconChartLine, IconTable } from "@tabler/icons-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dateTime, dayAndMonth, hourAndMinute } from "@/lib/format";
import { text } from "@/strings";
import classes from "./chart.module.css";

export interface ChartSeries {
  label: string;
  /** A CSS variable of the page. */
  color: string;
  values: readonly (number | null)[];
}

interface ChartProps {
  title: string;
  headline: ReactNode;
  note?: ReactNode;
  /** The start of each bucket, epoch ms; and how long one is. */
  times: readonly number[];
  bucketMs: number;
  series: readonly ChartSeries[];
  kind: "bars" | "lines";
  format: (value: number) => string;
  /** The values are counts: nothing stands between two whole numbers at the axis. */
  whole?: boolean;
  zone: string;
  /** Called with a range of time that the reader drew over. */
  onRange: (fromMs: number, toMs: number) => void;
  /** What is said in the place of picture and table when there is nothing to show. */
  missing?: string;
}

const HEIGHT = 150;
const MINUTE_MS = 60_000;
/** Between ticks where buckets are shorter than minutes, s: no two of them have the same label. */
const SHORT_STEPS_S = [1, 5, 15, 30, 60, 300, 900];

/** Between ticks of counts. */
const WHOLE_STEPS = Array.from({ length: 15 }, (_, power) =>
  [1, 2, 5].map((one) => one * 10 ** power),
).flat();

/** Values over time as a picture, and the same as a table; its headline figure stands above either. */
export function Chart(props: ChartProps) {
  const [table, setTable] = useState(false);
  const label = table ? text.common.showChart : text.common.showTable;
  return (
    <section className={classes.card} aria-label={props.title}>
      <header className={classes.head}>
        <h2>{props.title}</h2>
        {props.missing === undefined && (
          <Tooltip label={label}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`${label}: ${props.title}`}
              onClick={() => setTable(!table)}
            >
              {table ? <IconChartLine size={15} /> : <IconTable size={15} />}
            </ActionIcon>
          </Tooltip>
        )}
      </header>
      <div className={classes.headline}>{props.headline}</div>
      <div className={classes.note}>{props.note}</div>
      {props.missing !== undefined && <p className={classes.missing}>{props.missing}</p>}
      {props.missing === undefined && (table ? <ValueTable {...props} /> : <Picture {...props} />)}
    </section>
  );
}

function Picture(props: ChartProps) {
  const { title, times, bucketMs, series, kind, format, whole = false, zone, onRange } = props;
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const range = useRef(onRange);
  range.current = onRange;
  const data = useMemo(
    () => [times.map((ms) => ms / 1000), ...series.map((each) => [...each.values])] as uPlot.AlignedData,
    [times, series],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the colour variables are
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const axes = { times, bucketMs, format, whole, zone };
    const plot = new uPlot(options(element, series, kind, axes, range), data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, series, kind, times, format, whole, zone, bucketMs, scheme]);
  return (
    <>
      <div ref={box} className={classes.plot} role="img" aria-label={title} />
      <ul className={classes.legend}>
        {series.map((each) => (
          <li key={each.label}>
            <span className={classes.swatch} style={{ background: `var(${each.color})` }} aria-hidden />
            {each.label}
          </li>
        ))}
      </ul>
    </>
  );
}

type Axes = Pick<ChartProps, "times" | "bucketMs" | "format" | "zone"> & { whole: boolean };

function options(
  element: HTMLElement,
  series: readonly ChartSeries[],
  kind: ChartProps["kind"],
  { times, bucketMs, format, whole, zone }: Axes,
  onRange: { current: ChartProps["onRange"] },
): uPlot.Options {
  const styles = getComputedStyle(element);
  const colour = (variable: string) => resolve(element, variable);
  const axis: uPlot.Axis = {
    stroke: colour("--dim"),
    font: `11px ${styles.fontFamily}`,
    grid: { stroke: colour("--border"), width: 1 },
    ticks: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], align: 1 });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone),
    scales: {
      // A bucket reaches to its end, the last one too. What the plot finds itself would be a day where there is but one.
      x: { range: () => [(times[0] ?? 0) / 1000, ((times.at(-1) ?? 0) + bucketMs) / 1000] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 60,
        incrs: bucketMs < MINUTE_MS ? SHORT_STEPS_S : undefined,
        values: (_, splits) => splits.map((s) => tick(s * 1000, zone, bucketMs)),
      },
      {
        ...axis,
        size: 58,
        incrs: whole ? WHOLE_STEPS : undefined,
        values: (_, values) => values.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...series.map((each) => ({
        label: each.label,
        stroke: colour(each.color),
        fill: kind === "bars" ? colour(each.color) : undefined,
        width: kind === "bars" ? 0 : 1.5,
        paths: kind === "bars" ? bars : undefined,
        spanGaps: false,
        points: { show: kind === "lines" && each.values.length < 60, size: 4 },
      })),
    ],
    plugins: [readout(series, format, zone, bucketMs)],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const from = plot.posToVal(plot.select.left, "x") * 1000;
          const to = plot.posToVal(plot.select.left + plot.select.width, "x") * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          onRange.current(Math.floor(from), Math.ceil(to));
        },
      ],
    },
  };
}

/** Hours and minutes, with seconds where buckets are shorter than minutes; at midnight the day. */
function tick(ms: number, zone: string, bucketMs: number): string {
  if (bucketMs < MINUTE_MS) return dateTime(ms, zone).slice(11);
  const time = hourAndMinute(ms, zone);
  return time === "00:00" ? dayAndMonth(ms, zone) : time;
}

/** A canvas takes no variables and no light-dark(): what a variable comes to is asked of the browser. */
function resolve(element: HTMLElement, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Shows the values under the pointer. */
function readout(
  series: readonly ChartSeries[],
  format: (value: number) => string,
  zone: string,
  bucketMs: number,
): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = classes.readout ?? "";
  return {
    hooks: {
      init: (plot) => {
        plot.over.append(box);
        plot.over.addEventListener("mouseleave", () => {
          box.style.display = "none";
        });
      },
      setCursor: (plot) => {
        const at = plot.cursor.idx;
        if (at === null || at === undefined || (plot.cursor.left ?? -1) < 0) return;
        const ms = (plot.data[0]?.[at] ?? 0) * 1000;
        const lines = series.map((each, index) => {
          const value = plot.data[index + 1]?.[at];
          return `${each.label}: ${value === null || value === undefined ? "–" : format(value)}`;
        });
        const seconds = bucketMs < MINUTE_MS;
        box.textContent = [dateTime(ms, zone).slice(0, seconds ? 19 : 16), ...lines].join("\n");
        box.style.display = "block";
        const right = (plot.cursor.left ?? 0) > plot.over.clientWidth / 2;
        box.style.left = right ? "" : `${(plot.cursor.left ?? 0) + 12}px`;
        box.style.right = right ? `${plot.over.clientWidth - (plot.cursor.left ?? 0) + 12}px` : "";
      },
    },
  };
}

function ValueTable({ title, times, bucketMs, series, format, zone }: ChartProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className={classes.values} tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th>{text.home.bucket}</th>
            {series.map((each) => (
              <th key={each.label}>{each.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((ms, at) => (
            <tr key={ms}>
              <td>{dateTime(ms, zone).slice(0, bucketMs < MINUTE_MS ? 19 : 16)}</td>
              {series.map((each) => {
                const value = each.values[at];
                return (
                  <td key={each.label}>{value === null || value === undefined ? "–" : format(value)}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
