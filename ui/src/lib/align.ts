/** Two sequences of steps side by side: the longest common ones stand opposite each other. */

export interface Aligned<T> {
  left: T | null;
  right: T | null;
}

const MOST_CELLS = 4_000_000;

/** Aligns by keys. What differs in between is paired in order, so that a changed step stands opposite its change.
 *
 * Common beginnings and ends are taken off first; when the middles are too long to compare, they are paired in order.
 */
export function align<T>(left: readonly T[], right: readonly T[], key: (item: T) => string): Aligned<T>[] {
  const a = left.map(key);
  const b = right.map(key);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail += 1;
  const pairs: [number | null, number | null][] = [];
  for (let at = 0; at < head; at += 1) pairs.push([at, at]);
  pairs.push(...middle(a, b, head, a.length - tail, b.length - tail));
  for (let at = tail; at > 0; at -= 1) pairs.push([a.length - at, b.length - at]);
  return pairs.map(([i, j]) => ({
    left: i === null ? null : (left[i] as T),
    right: j === null ? null : (right[j] as T),
  }));
}

function middle(
  a: string[],
  b: string[],
  from: number,
  aEnd: number,
  bEnd: number,
): [number | null, number | null][] {
  const rows = aEnd - from;
  const columns = bEnd - from;
  if (rows * columns > MOST_CELLS) return paired(from, aEnd, from, bEnd);
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i -= 1)
    for (let j = columns - 1; j >= 0; j -= 1) {
      const below = lengths[(i + 1) * width + j] as number;
      const beside = lengths[i * width + j + 1] as number;
      const same = a[from + i] === b[from + j];
      lengths[i * width + j] = same
        ? (lengths[(i + 1) * width + j + 1] as number) + 1
        : Math.max(below, beside);
    }
  const found: [number | null, number | null][] = [];
  let [i, j, iDone, jDone] = [0, 0, 0, 0];
  const flush = () => {
    found.push(...paired(from + iDone, from + i, from + jDone, from + j));
    iDone = i;
    jDone = j;
  };
  while (i < rows && j < columns) {
    if (a[from + i] === b[from + j]) {
      flush();
      found.push([from + i, from + j]);
      i += 1;
      j += 1;
      iDone = i;
      jDone = j;
    } else if ((lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number)) i += 1;
    else j += 1;
  }
  i = rows;
  j = columns;
  flush();
  return found;
}

function paired(a: number, aEnd: number, b: number, bEnd: number): [number | null, number | null][] {
  const found: [number | null, number | null][] = [];
  for (let at = 0; at < Math.max(aEnd - a, bEnd - b); at += 1)
    found.push([a + at < aEnd ? a + at : null, b + at < bEnd ? b + at : null]);
  return found;
}
