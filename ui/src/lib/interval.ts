/** Intervals of means: what the figures of a page may be off by. */

const Z = 1.959964;
/** Two-sided 95% quantiles of Student's t by degrees of freedom; beyond, those of the normal distribution. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

export interface Interval {
  low: number;
  high: number;
}

/** The 95% interval of a share, by Wilson: honest for few and for extreme ones. */
export function wilson(share: number, n: number): Interval {
  const centre = share + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** The 95% interval of a mean of n values with this population standard deviation; null where n says nothing.
 *
 * Values that are all 0 or 1 (their variance is then m·(1 − m)) are a share and get Wilson's interval; others get
 * Student's.
 */
export function meanInterval(mean: number, sd: number, n: number): Interval | null {
  if (n < 1) return null;
  const variance = sd * sd;
  const binary = mean >= 0 && mean <= 1 && Math.abs(variance - mean * (1 - mean)) < 1e-9;
  if (binary) return wilson(mean, n);
  if (n < 2) return null;
  const quantile = T[n - 2] ?? Z + 2.5 / (n - 1);
  const half = quantile * (sd / Math.sqrt(n - 1));
  return { low: mean - half, high: mean + half };
}
