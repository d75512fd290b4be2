import { tip, tooltip, words } from "@/charts/common";
import type { Option } from "@/charts/echarts";
import { moves, pale, palette } from "@/charts/palette";
import { period, tick } from "@/numbers/dates";
import { count } from "@/numbers/format";
import { named, say } from "@/words";
import type { BandPoint, Spell, Unit } from "./alerts";

/** A round end of an axis from 0 on, in steps that are as round. */
const even = (most: number) => {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => most / size <= 5) ?? 10 ** Math.ceil(Math.log10(most / 5));
  return step * Math.ceil(most / step);
};
const fine = (value: number) => value.toFixed(value < 10 ? 1 : 0);

export const wordsOf = (point: BandPoint): string[] => [
  say("{number} reviews complained", { number: count(point.observed) }),
  ...(point.expected === null ? [say("too little history to expect anything")] : [say("{number} were expected", { number: fine(point.expected) })]),
  ...(point.upper === null ? [] : [say("fires above {number}", { number: fine(point.upper) })]),
  ...point.special.map((feast) => say("{feast}: more is expected", { feast: named(feast) })),
];

/** Times what was expected, beyond which nobody calls it expected. */
const HIGH = 1.25;

export interface Feast {
  name: string;
  first: number;
  last: number;
  observed: number;
  expected: number;
  /**
   * Whether all of it stayed within the band; `high` where it did, but only since the band was wide:
   * the first sale of a product is not known. `open` where there was no band yet.
   */
  said: "within" | "high" | "beyond" | "open";
}

/** The sales and holidays along a series, each from its first to its last bucket. */
export function feasts(points: readonly BandPoint[], spells: readonly Spell[]): Feast[] {
  const all = spans(points);
  return all.map(({ name, first, last }) => {
    const own = points.slice(first, last + 1);
    const beyond = own.some((point) => within(spells, point) || (point.upper !== null && point.observed > point.upper));
    const sum = (of: (point: BandPoint) => number) => own.reduce((total, point) => total + of(point), 0);
    const [observed, expected] = [sum((point) => point.observed), sum((point) => point.expected ?? 0)];
    const known = own.every((point) => point.upper !== null);
    const high = observed > HIGH * expected + 3 * Math.sqrt(expected);
    return { name, first, last, observed, expected, said: beyond ? "beyond" : !known ? "open" : high ? "high" : "within" };
  });
}

/** What is told of a sale or holiday beside its name. */
export const verdict = (feast: Feast): string => ({ within: say("within expectation"), high: say("more than expected"), beyond: say("beyond the band"), open: say("too little history") })[feast.said];

function spans(points: readonly BandPoint[]): Pick<Feast, "name" | "first" | "last">[] {
  const all: Pick<Feast, "name" | "first" | "last">[] = [];
  points.forEach((point, place) => {
    for (const name of point.special.map(named)) {
      const running = all.find((feast) => feast.name === name && feast.last === place - 1);
      if (running) running.last = place;
      else all.push({ name, first: place, last: place });
    }
  });
  return all;
}

/** Whether a bucket belongs to an episode. */
export const within = (spells: readonly Spell[], point: BandPoint): boolean =>
  spells.some((spell) => point.start >= spell.since && point.end <= spell.until);

/** The feasts that have room for their names, by the bucket in their middle: the latest first. */
export function labelled(all: readonly Feast[], buckets: number, small: boolean): Map<number, Feast> {
  const room = buckets * (small ? 0.32 : 0.24);
  const places = new Map<number, Feast>();
  for (const feast of [...all].reverse()) {
    const middle = Math.floor((feast.first + feast.last) / 2);
    if ([...places.keys()].every((place) => Math.abs(place - middle) >= room)) places.set(middle, feast);
  }
  return places;
}

function feastLabel(feast: Feast | undefined, place: number, buckets: number) {
  const tint = palette.value;
  const line = { fontSize: 11, lineHeight: 15, fontFamily: tint.font };
  const side = place < buckets * 0.06 ? "left" : place > buckets * 0.94 ? "right" : "center";
  return {
    show: feast !== undefined,
    position: "insideTop" as const,
    align: side as "left" | "right" | "center",
    formatter: feast ? `{name|${feast.name}}\n{said|${verdict(feast)}}` : "",
    rich: {
      name: { ...line, color: tint.ink, fontWeight: 600 as const },
      said: { ...line, color: feast?.said === "beyond" || feast?.said === "high" ? tint["neg-ink"] : feast?.said === "within" ? tint.accent : tint.faint },
    },
  };
}

/** Complaints over the band within which nothing fires; buckets of the episode stand out. */
export function bandOption(unit: Unit, spells: readonly Spell[], points: readonly BandPoint[], small: boolean): Option {
  const tint = palette.value;
  // With little history the band is wide: the axis ends where the counts and the newest band do.
  const most = Math.max(1, ...points.map((point) => point.observed), points.at(-1)?.upper ?? 0);
  const sold = Math.max(0, ...points.map((point) => (point.special.length ? Math.min(point.upper ?? 0, 2 * most) : 0)));
  const places = labelled(feasts(points, spells), points.length, small);
  const roof = even((places.size ? 1.3 : 1.15) * Math.max(most, sold));
  const days = points.map((point) => tick(point.start, unit));
  const fired = new Set(spells.map((spell) => points.findIndex((point) => spell.fired !== null && point.start <= spell.fired && spell.fired <= point.end)));
  const still = { silent: true, symbol: "none", stack: "band", stackStrategy: "all" as const, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return {
    animation: moves(),
    animationDuration: 300,
    grid: { left: 40, right: 12, top: 14, bottom: 28 },
    tooltip: {
      ...tooltip(),
      trigger: "axis",
      formatter: (given: unknown) => {
        const point = points[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0];
        return point ? tip(period(point.start, point.end), wordsOf(point)) : "";
      },
    },
    xAxis: {
      type: "category" as const,
      data: days,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...words(), hideOverlap: true, interval: Math.ceil(points.length / (small ? 4 : 9)) - 1 },
    },
    yAxis: { min: 0, max: roof, minInterval: 1, axisLabel: words(), splitLine: { lineStyle: { color: tint.grid } } },
    series: [
      { ...still, type: "line" as const, name: "floor", data: points.map((point) => (point.upper === null ? null : 0)) },
      { ...still, type: "line" as const, name: "band", data: points.map((point) => (point.upper === null ? null : Math.min(point.upper, roof))), areaStyle: { color: tint.accent, opacity: 0.14 } },
      {
        type: "bar" as const,
        name: "feasts",
        silent: true,
        barWidth: "100%",
        z: 1,
        itemStyle: { color: pale(tint.warn, 0.16) },
        data: points.map((point, place) => (point.special.length ? { value: roof, label: feastLabel(places.get(place), place, points.length) } : null)),
      },
      { type: "line" as const, name: "expected", silent: true, symbol: "none", data: points.map((point) => point.expected), lineStyle: { type: [4, 4], width: 1.5, color: tint.accent } },
      {
        type: "bar" as const,
        name: "observed",
        barWidth: "64%",
        barMaxWidth: 12,
        barGap: "-100%",
        z: 3,
        data: points.map((point, place) => ({
          value: point.observed,
          itemStyle: { color: within(spells, point) ? tint.neg : tint.neu, borderRadius: [2, 2, 0, 0] },
          label: { show: fired.has(place), position: "top" as const, distance: 3, formatter: `${say("fired")}\n▼`, lineHeight: 12, fontSize: 11, color: tint["neg-ink"], fontFamily: tint.font },
        })),
      },
    ],
  };
}
