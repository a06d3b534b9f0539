import { describe, expect, test } from "vitest";
import {
  absoluteRange,
  bucketEdges,
  bucketMs,
  isZone,
  joinClauses,
  msToWall,
  parseRange,
  rangeClause,
  wallToMs,
  zoneOffsetMs,
} from "./timerange";

const NOW = Date.UTC(2026, 10, 27, 12);

describe("a range in the address", () => {
  test("is relative to now", () => {
    expect(parseRange("24h", NOW)).toEqual({ text: "24h", fromMs: NOW - 86_400_000, toMs: null });
    expect(parseRange("all", NOW)).toEqual({ text: "all", fromMs: null, toMs: null });
  });
  test("is two times, of which one may be open", () => {
    const text = absoluteRange(NOW, NOW + 60_000);
    expect(parseRange(text, 0)).toEqual({ text, fromMs: NOW, toMs: NOW + 60_000 });
    expect(parseRange(absoluteRange(null, NOW), 0)?.toMs).toBe(NOW);
  });
  test.each(["", "0d", "5y", "yesterday", "..", "b..a", "2026-02-01..2026-01-01", "1..2..3"])(
    "%j is none",
    (text) => expect(parseRange(text, NOW)).toBeNull(),
  );
  test("becomes a condition in whole milliseconds", () => {
    expect(rangeClause({ text: "", fromMs: 1.7, toMs: 2.2 })).toBe("start >= 1 AND start < 3");
    expect(rangeClause({ text: "", fromMs: null, toMs: null })).toBe("");
    expect(rangeClause({ text: "", fromMs: 5, toMs: null }, "last")).toBe("last >= 5");
  });
});

test("conditions are joined so that OR keeps its place", () => {
  expect(joinClauses("", " ")).toBe("");
  expect(joinClauses("a = 1", "")).toBe("a = 1");
  expect(joinClauses("a = 1 or b = 2", "start > 5")).toBe("(a = 1 or b = 2) AND start > 5");
});

describe("edges of buckets", () => {
  const berlin = "Europe/Berlin";
  const day = 86_400_000;
  test("are the midnights of the zone, also when its clocks change", () => {
    const spring = bucketEdges(Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 2, 30, 12), day, berlin);
    expect(spring.map((ms) => msToWall(ms, berlin))).toEqual([
      "2026-03-28T00:00",
      "2026-03-29T00:00",
      "2026-03-30T00:00",
      "2026-03-31T00:00",
    ]);
    expect((spring[2] as number) - (spring[1] as number)).toBe(23 * 3_600_000);
    const autumn = bucketEdges(Date.UTC(2026, 9, 24, 12), Date.UTC(2026, 9, 26, 12), day, berlin);
    expect((autumn[2] as number) - (autumn[1] as number)).toBe(25 * 3_600_000);
  });
  test("of weeks are Mondays", () => {
    for (const ms of bucketEdges(Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31), 7 * day, berlin))
      expect(new Date(`${msToWall(ms, berlin)}Z`).getUTCDay()).toBe(1);
  });
  test("hold the range, in rising order, for every step and zone", () => {
    const [from, to] = [Date.UTC(2026, 2, 1, 5, 7), Date.UTC(2026, 3, 20, 1, 2)];
    for (const zone of ["UTC", berlin, "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"])
      for (const step of [3_600_000, 43_200_000, day, 7 * day, 30 * day]) {
        const edges = bucketEdges(from, to, step, zone);
        expect(edges[0]).toBeLessThanOrEqual(from);
        expect(edges.at(-1)).toBeGreaterThanOrEqual(to);
        for (let at = 1; at < edges.length; at += 1)
          expect(edges[at]).toBeGreaterThan(edges[at - 1] as number);
      }
  });
  test("are at least two, also of an instant", () =>
    expect(bucketEdges(0, 1, 1_000, "UTC")).toEqual([0, 1_000]));
});

test("buckets are few and of usual lengths", () => {
  expect(bucketMs(0, 60_000)).toBe(1_000);
  expect(bucketMs(0, 86_400_000)).toBe(3_600_000);
  expect(bucketMs(0, 86_400_000 * 30)).toBe(43_200_000);
  expect(bucketMs(0, 86_400_000 * 365 * 40)).toBe(365 * 86_400_000);
});

describe("zones with changes of the clocks", () => {
  const berlin = "Europe/Berlin";
  test("have the offset of the moment", () => {
    expect(zoneOffsetMs(Date.UTC(2026, 0, 1), berlin)).toBe(3_600_000);
    expect(zoneOffsetMs(Date.UTC(2026, 6, 1), berlin)).toBe(7_200_000);
    expect(zoneOffsetMs(Date.UTC(2026, 6, 1), "Asia/Kathmandu")).toBe(20_700_000);
    expect(zoneOffsetMs(-1, "UTC")).toBe(0);
  });
  test("turn wall times into moments and back", () => {
    for (const wall of ["2026-03-28T12:00", "2026-03-29T03:00", "2026-10-25T12:00", "2026-07-01T00:00"]) {
      expect(msToWall(wallToMs(wall, berlin) as number, berlin)).toBe(wall);
    }
  });
  test("take the first of a time that comes twice, and move one that never comes", () => {
    expect(wallToMs("2026-10-25T02:30", berlin)).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(wallToMs("2026-03-29T02:30", berlin)).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(wallToMs("nonsense", berlin)).toBeNull();
  });
  test("are known by name", () => {
    expect(isZone("Europe/Berlin")).toBe(true);
    expect(isZone("Mars/Olympus")).toBe(false);
  });
});
