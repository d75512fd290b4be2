import { describe, expect, it } from "vitest";
import { axisEnds, trendOption } from "@/charts/trend";
import { daysIn, moved, period } from "@/numbers/dates";
import { between, bytes, clearTone, finePoints, percent, points } from "@/numbers/format";
import { headline } from "@/components/changes/headline";
import type { Changes, Period, Trend } from "@/api/types";
import { feasts } from "@/components/alerts/band";
import { speak } from "@/words";

speak("en");
const net = (value: number, half = 0.1) => ({ value, low: value - half, high: value + half });

describe("numbers for people", () => {
  it("are points with a true minus, the ends of an interval outwards", () => {
    expect([points(0.324), points(-0.004), points(-0.326)]).toEqual(["+32", "0", "−33"]);
    expect(between({ value: 0.101, low: -0.001, high: 0.201 })).toBe("−1 … +21");
    expect([finePoints(-0.0349), percent(0.042), percent(0.171), percent(0)]).toEqual(["−3.5", "4.2%", "17%", "0%"]);
    expect([bytes(900), bytes(414_700)]).toEqual(["900 B", "414.7 KB"]);
  });

  it("take a side only where their interval leaves zero out", () => {
    expect([clearTone(net(0.2)), clearTone(net(-0.2)), clearTone(net(0.05)), clearTone(null)]).toEqual(["pos", "neg", "neu", "neu"]);
  });

  it("say a change in one sentence, and none that may be chance", () => {
    const changes = { change: net(-0.123), significant: true } as Changes;
    expect(headline(changes)).toBe("Net sentiment fell by 12 points");
    expect(headline({ ...changes, significant: false })).toBe("No change beyond chance");
    expect(headline({ ...changes, change: net(0.01, 0.001) })).toBe("Net sentiment rose by 1 point");
    expect(headline({ ...changes, change: null })).toBe("Not enough to compare yet");
  });
});

describe("days", () => {
  it("count both ends, over the end of a year and a leap day", () => {
    expect(daysIn("2026-03-02", "2026-03-08")).toBe(7);
    expect(moved("2026-12-31", 1)).toBe("2027-01-01");
    expect(daysIn("2028-02-28", "2028-03-01")).toBe(3);
    expect(period("2026-03-01", "2026-03-31")).toBe("March 2026");
    expect(period("2026-03-02", "2026-03-08")).toBe("Mar 2 to Mar 8, 2026");
  });
});

describe("the chart over time", () => {
  const periods: Period[] = [0.1, -0.2, 0.4].map((value, index) => ({
    start: `2026-03-0${index + 1}`, end: `2026-03-0${index + 1}`, complete: index < 2, reviews: 20, opinions: 30, net: net(value), by: {},
  }));
  const series = trendOption({ unit: "day", periods } as Trend, false).series as { name: string; data: (number | null)[]; lineStyle: { type?: unknown } }[];
  const named = (name: string) => series.find((each) => each.name === name);

  it("leaves a period that still runs out of the line and the band, and dashes it", () => {
    expect(named("net")?.data).toEqual([0.1, -0.2, null]);
    expect(named("band")?.data[2]).toBeNull();
    expect(named("running")?.data).toEqual([null, -0.2, 0.4]);
    expect(named("running")?.lineStyle.type).toEqual([4, 4]);
  });

  it("has zero among its ticks", () => {
    const [low, high] = axisEnds(periods);
    expect(low).toBeLessThan(-0.2);
    const step = high - low > 1 ? 0.5 : 0.25;
    expect(Math.abs((low / step) % 1)).toBe(0);
  });
});

describe("the band of an alert", () => {
  it("names a sale from its first bucket to its last, and the next one anew", () => {
    const name = { zh: "双十一", en: "Double 11" };
    const point = (sale: boolean) => ({ start: "", end: "", observed: 1, expected: 1, upper: 2, special: sale ? [name] : [] });
    expect(feasts([false, true, true, false, true].map(point), [])).toMatchObject([
      { name: "Double 11", first: 1, last: 2 },
      { name: "Double 11", first: 4, last: 4 },
    ]);
  });
});
