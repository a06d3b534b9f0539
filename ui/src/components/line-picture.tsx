import classes from "./line-picture.module.css";

export interface Point {
  x: number;
  /** Null where there is no finite value: the line has a gap there. */
  y: number | null;
}

interface LinePictureProps {
  label: string;
  /** In the order of x. */
  points: readonly Point[];
  formatX: (x: number) => string;
  formatY: (y: number) => string;
  /** What goes from left to right. */
  axis: string;
}

const WIDTH = 600;
const HEIGHT = 140;
const MARGIN = 4;

/** Values by step or time as one line; its ends are written beside it. */
export function LinePicture({ label, points, formatX, formatY, axis }: LinePictureProps) {
  const values = points.flatMap(({ y }) => (y === null ? [] : [y]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || values.length === 0) return null;
  const [low, high] = boundsOf(values);
  return (
    <figure className={classes.figure}>
      <div className={classes.values} aria-hidden>
        <span>{formatY(high)}</span>
        <span>{formatY(low)}</span>
      </div>
      <svg
        className={classes.picture}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <title>{label}</title>
        <path d={pathOf(points, low, high)} className={classes.line} vectorEffect="non-scaling-stroke" />
        <path d={dotsOf(points, low, high)} className={classes.dots} vectorEffect="non-scaling-stroke" />
      </svg>
      <div className={classes.places} aria-hidden>
        <span>{formatX(first.x)}</span>
        <span>{axis}</span>
        <span>{formatX(last.x)}</span>
      </div>
    </figure>
  );
}

/** The path of a line through points, lifted where a value is missing. */
export function pathOf(points: readonly Point[], low: number, high: number): string {
  const placeOf = placing(points, low, high);
  const parts: string[] = [];
  points.forEach(({ x, y }, at) => {
    if (y === null || isLone(points, at)) return;
    const begins = (points[at - 1]?.y ?? null) === null;
    parts.push(`${begins ? "M" : "L"}${placeOf(x, y)}`);
  });
  return parts.join("");
}

/** Points without neighbours, through which no line goes: each a stroke without length, whose round ends are a dot. */
export function dotsOf(points: readonly Point[], low: number, high: number): string {
  const placeOf = placing(points, low, high);
  return points
    .map(({ x, y }, at) => (y !== null && isLone(points, at) ? `M${placeOf(x, y)}h0` : ""))
    .join("");
}

function isLone(points: readonly Point[], at: number): boolean {
  return (points[at - 1]?.y ?? null) === null && (points[at + 1]?.y ?? null) === null;
}

function placing(points: readonly Point[], low: number, high: number): (x: number, y: number) => string {
  const [first, last] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const across = (x: number) =>
    last === first ? WIDTH / 2 : MARGIN + ((x - first) / (last - first)) * (WIDTH - 2 * MARGIN);
  const down = (y: number) =>
    high === low ? HEIGHT / 2 : MARGIN + (1 - (y - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  return (x, y) => `${across(x).toFixed(2)} ${down(y).toFixed(2)}`;
}

function boundsOf(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
