import { describe, expect, test } from "vitest";
import {
  ago,
  bytes,
  dateTime,
  duration,
  finite,
  isoOfNs,
  nsToMs,
  oneLine,
  percent,
  percentAtLeast,
  shortNumber,
  usd,
} from "./format";

test.each([
  [0, "0"],
  [9_999, "9,999"],
  [0.12345, "0.123"],
  [10_000, "10K"],
  [1_234_567, "1.23M"],
  [-25_000, "-25K"],
  [Number.NaN, "NaN"],
])("a number %d is shown as %s", (value, shown) => expect(shortNumber(value)).toBe(shown));

test.each([
  [0, "0 ms"],
  [0.0005, "500 ns"],
  [0.0415, "41.5 µs"],
  [41.23, "41.2 ms"],
  [999.9, "999 ms"],
  [2_840, "2.84 s"],
  [59_999, "60 s"],
  [192_000, "3m 12s"],
  [7_500_000, "2h 5m"],
  [187_200_000, "2d 4h"],
  [-2_840, "−2.84 s"],
])("%d ms are %s", (ms, shown) => expect(duration(ms)).toBe(shown));

test.each([
  [0, "$0"],
  [0.00131, "$0.00131"],
  [0.1, "$0.10"],
  [12.3, "$12.30"],
  [1_240.4, "$1,240"],
  [2_500_000, "$2.5M"],
])("%d dollars are %s", (value, shown) => expect(usd(value)).toBe(shown));

test("shares and bytes have three digits", () => {
  expect(percent(0.01234)).toBe("1.23%");
  expect(percent(1)).toBe("100%");
  expect(bytes(2_504)).toBe("2.5 kB");
});

test("nanoseconds keep what a double can hold", () => {
  expect(nsToMs("1795425281530151579")).toBeCloseTo(1_795_425_281_530.1516, 3);
  expect(nsToMs("-1500000")).toBe(-1.5);
});

test("only finite numbers are numbers", () => {
  expect(finite("NaN")).toBeNull();
  expect(finite(Number.POSITIVE_INFINITY)).toBeNull();
  expect(finite(undefined)).toBeNull();
  expect(finite(3)).toBe(3);
});

describe("times", () => {
  const noon = Date.UTC(2026, 6, 1, 12);
  test("are shown in their zone", () => {
    expect(dateTime(noon, "UTC")).toBe("2026-07-01 12:00:00");
    expect(dateTime(noon, "Europe/Berlin")).toBe("2026-07-01 14:00:00");
    expect(dateTime(noon + 7, "Asia/Kathmandu", true)).toBe("2026-07-01 17:45:00.007");
  });
  test("are told by their age while that says more", () => {
    expect(ago(noon - 2_000, noon, "UTC")).toBe("now");
    expect(ago(noon - 300_000, noon, "UTC")).toBe("5m ago");
    expect(ago(noon - 40 * 86_400_000, noon, "UTC")).toBe("2026-05-22");
    expect(ago(noon + 60_000, noon, "UTC")).toBe("2026-07-01 12:01");
  });
});

test.each([
  ["## Result\n\n**Bold** and `code`", "Result Bold and code"],
  ["- one\n- two\n1. three", "one two three"],
  ["2 * 3 * 4 = 24 and __init__.py", "2 * 3 * 4 = 24 and __init__.py"],
  ['{"a": "#1"}', '{"a": "#1"}'],
  ["** not bold **", "** not bold **"],
])("a preview is one line: %s", (value, line) => expect(oneLine(value, 300)).toBe(line));

test("a share that stands for at least is never rounded up", () => {
  expect(percentAtLeast(0.9996)).toBe("99.9%");
  expect(percentAtLeast(1)).toBe("100%");
  expect(percentAtLeast(0.8519)).toBe("85.1%");
});

test("a time is written to the nanosecond, also before 1970", () => {
  expect(isoOfNs("1715970004675123456")).toBe("2024-05-17T18:20:04.675123456Z");
  expect(isoOfNs("0")).toBe("1970-01-01T00:00:00.000000000Z");
  expect(isoOfNs("-1")).toBe("1969-12-31T23:59:59.999999999Z");
});
