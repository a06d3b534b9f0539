import { SafeText } from "@/components/safe-text";
import { exactNumber, percent } from "@/lib/format";
import { type Bin, histogram, scoreNumber, short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";

const t = text.evaluation;
const MOST_LABELS = 12;

interface HistogramProps {
  scorer: string;
  values: readonly unknown[];
  /** Said when these are not all values. */
  note?: string;
}

/** How a scorer's values are spread: a table whose bars make it a picture. */
export function Histogram({ scorer, values, note }: HistogramProps) {
  const bars = barsOf(values);
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const all = bars.reduce((sum, bar) => sum + bar.count, 0);
  return (
    <section className={classes.histogram} aria-label={t.histogramOf(scorer)}>
      <h2 className="clip">
        <SafeText text={t.histogramOf(scorer)} />
      </h2>
      <table>
        <thead>
          <tr>
            <th>{t.score}</th>
            <th>{t.share}</th>
            <th>{t.rowsHere}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.label}>
              <td className="num clip">
                <SafeText text={bar.label} />
              </td>
              <td>
                <span
                  className={classes.fill}
                  style={{ width: `${(bar.count / most) * 100}%` }}
                  title={percent(bar.count / Math.max(1, all))}
                />
              </td>
              <td className="num">{exactNumber(bar.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {note !== undefined && <div className="dim">{note}</div>}
    </section>
  );
}

interface Bar {
  label: string;
  count: number;
}

/** Bars of the numbers, or of the words where a scorer gives words. */
export function barsOf(values: readonly unknown[]): Bar[] {
  const numbers = values.map(scoreNumber).filter((each) => each !== null);
  if (numbers.length > 0)
    return histogram(numbers).map((bin) => ({ label: labelOf(bin, values), count: bin.count }));
  const labels = new Map<string, number>();
  for (const value of values) {
    const label = typeof value === "string" ? value : JSON.stringify(value);
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return [...labels]
    .map(([label, count]) => ({ label, count }))
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_LABELS);
}

function labelOf(bin: Bin, values: readonly unknown[]): string {
  if (bin.from !== bin.to) return `${short(bin.from)} – ${short(bin.to)}`;
  const said = values.find((value) => typeof value === "boolean" && Number(value) === bin.from);
  return said === undefined ? short(bin.from) : String(said);
}

/** The same in the size of a word. */
export function Spread({ values }: { values: readonly unknown[] }) {
  const bars = barsOf(values);
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const width = 90 / Math.max(2, bars.length);
  return (
    <svg className={classes.spread} viewBox="0 0 90 20" aria-hidden="true">
      {bars.map((bar, at) => {
        const height = Math.max(1, (bar.count / most) * 20);
        return <rect key={bar.label} x={at * width} y={20 - height} width={width - 1.5} height={height} />;
      })}
    </svg>
  );
}
