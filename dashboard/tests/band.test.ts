import { describe, expect, it } from "vitest";
import { feasts, labelled, verdict, within } from "@/components/alerts/band";
import type { BandPoint } from "@/components/alerts/alerts";
import { speak } from "@/words";

speak("zh");
const sale = { zh: "双十一", en: "Double 11" };
const bucket = (number: number, observed: number, expected: number | null, upper: number | null, special = [sale]): BandPoint => {
  const start = `2025-11-${String(number).padStart(2, "0")}`;
  return { start, end: start, observed, expected, upper, special };
};
const quiet = (number: number) => bucket(number, 3, 3.2, 9, []);
const surge = [{ since: "2025-11-12", until: "2025-11-13", fired: "2025-11-12" }];

describe("a sale in a series", () => {
  const expected = [quiet(10), bucket(11, 20, 18.5, 33), bucket(12, 19, 18.5, 33), quiet(13)];

  it("is one run of buckets, and within expectation where all of it stayed in the band", () => {
    const [feast, ...others] = feasts(expected, []);
    expect(others).toEqual([]);
    expect(feast).toMatchObject({ name: "双十一", first: 1, last: 2, observed: 39, expected: 37, said: "within" });
    expect(verdict(feast!)).toBe("预期之内");
  });

  it("is beyond the band where one bucket was, or where it fired", () => {
    expect(feasts([bucket(11, 34, 18.5, 33), bucket(12, 10, 18.5, 33)], [])[0]?.said).toBe("beyond");
    expect(feasts(expected, surge)[0]?.said).toBe("beyond");
  });

  it("is not called expected where the band was only wide, or nothing was known", () => {
    expect(feasts([bucket(11, 30, 6, 33), bucket(12, 28, 6, 33)], [])[0]?.said).toBe("high");
    expect(feasts([bucket(11, 20, null, null), bucket(12, 19, 18.5, 33)], [])[0]?.said).toBe("open");
  });

  it("of the next year is another one", () => {
    expect(feasts([bucket(11, 1, 1, 3), quiet(12), bucket(13, 1, 1, 3)], []).map((feast) => feast.first)).toEqual([0, 2]);
  });
});

describe("the chart of a series", () => {
  it("marks the buckets of an episode, and no others", () => {
    expect([10, 11, 12, 13, 14].map((day) => within(surge, quiet(day)))).toEqual([false, false, true, true, false]);
  });

  it("names the latest feasts where names would lie over each other", () => {
    const all = [0, 5, 60, 96].map((first) => ({ name: String(first), first, last: first + 2, observed: 1, expected: 1, said: "within" as const }));
    expect([...labelled(all, 100, false).values()].map((feast) => feast.name)).toEqual(["96", "60", "5"]);
    expect([...labelled(all, 100, true).values()].map((feast) => feast.name)).toEqual(["96", "60", "5"]);
    expect(labelled([all[2]!, { ...all[3]!, first: 80, last: 82 }], 100, true).size).toBe(1);
  });
});
