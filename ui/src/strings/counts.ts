/** Numbers of things, in words. */

export const counted = (count: number | string, one: string, many: string) =>
  `${count} ${String(count) === "1" ? one : many}`;

export const traces = (count: number | string) => counted(count, "trace", "traces");

export const ofAsked = (done: number, asked: number) =>
  done === asked ? traces(done) : `${done} of ${traces(asked)}`;
