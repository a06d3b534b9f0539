import classes from "./interval-bar.module.css";

interface IntervalBarProps {
  /** What the ends of the picture stand for. */
  from: number;
  to: number;
  value: number;
  low: number;
  high: number;
  tone?: "good" | "bad";
  /** Where no difference is. */
  zero?: boolean;
}

const WIDTH = 150;
const MARGIN = 5;

/** A value with its interval as a picture; the numbers stand in the cells beside it. */
export function IntervalBar({ from, to, value, low, high, tone, zero = false }: IntervalBarProps) {
  const x = (of: number) =>
    MARGIN + ((Math.min(to, Math.max(from, of)) - from) / (to - from || 1)) * (WIDTH - 2 * MARGIN);
  return (
    <svg className={classes.interval} viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
      <line className={classes.track} x1={MARGIN} x2={WIDTH - MARGIN} y1="8" y2="8" />
      {zero && <line className={classes.zero} x1={x(0)} x2={x(0)} y1="1" y2="15" />}
      <line
        className={classes.whisker}
        data-tone={tone}
        strokeWidth="2"
        x1={x(low)}
        x2={x(high)}
        y1="8"
        y2="8"
      />
      {[low, high].map((end, at) => (
        <line
          key={at === 0 ? "low" : "high"}
          className={classes.whisker}
          data-tone={tone}
          x1={x(end)}
          x2={x(end)}
          y1="4"
          y2="12"
        />
      ))}
      <circle className={classes.point} data-tone={tone} cx={x(value)} cy="8" r="3.5" />
    </svg>
  );
}
