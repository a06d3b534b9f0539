import classes from "./sparkline.module.css";

interface Bar {
  count: number;
  errors: number;
}

/** Counts over time as small bars, failures from the bottom in their own colour. `label` says it in words. */
export function Sparkline({ bars, label }: { bars: readonly Bar[]; label: string }) {
  const most = bars.reduce((most, bar) => Math.max(most, bar.count), 0);
  const width = 3;
  const height = 22;
  const scale = (count: number) => (most === 0 ? 0 : Math.max(count > 0 ? 1.5 : 0, (count / most) * height));
  return (
    <svg
      className={classes.line}
      viewBox={`0 0 ${bars.length * width} ${height}`}
      width={bars.length * width}
      height={height}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {bars.map((bar, index) => {
        const tall = scale(bar.count);
        const bad = bar.errors > 0 ? Math.max(1.5, (bar.errors / bar.count) * tall) : 0;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time
          <g key={index}>
            <rect
              x={index * width}
              y={height - tall}
              width={width - 1}
              height={tall}
              className={classes.all}
            />
            {bad > 0 && (
              <rect
                x={index * width}
                y={height - bad}
                width={width - 1}
                height={bad}
                className={classes.bad}
              />
            )}
          </g>
        );
      })}
      <line x1="0" x2={bars.length * width} y1={height - 0.5} y2={height - 0.5} className={classes.base} />
    </svg>
  );
}
