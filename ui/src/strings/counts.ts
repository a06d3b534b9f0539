/** Numbers of things, in words. */

export const traces = (count: number | string) => (String(count) === "1" ? "1 trace" : `${count} traces`);

export const ofAsked = (done: number, asked: number) =>
  done === asked ? traces(done) : `${done} of ${traces(asked)}`;
