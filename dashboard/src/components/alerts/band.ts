import { tip, tooltip, words } from "@/charts/common";
import type { Option } from "@/charts/echarts";
import { moves, pale, palette } from "@/charts/palette";
import { period, tick } from "@/numbers/dates";
import { count } from "@/numbers/format";
import { named, say } from "@/words";
import type { Alert, BandPoint } from "./alerts";

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

interface Feast {
  name: string;
  first: number;
  last: number;
}

/** The sales and holidays along a series, each from its first to its last bucket. */
export function feasts(points: readonly BandPoint[]): Feast[] {
  const all: Feast[] = [];
  points.forEach((point, place) => {
    for (const name of point.special.map(named)) {
      const running = all.find((feast) => feast.name === name && feast.last === place - 1);
      if (running) running.last = place;
      else all.push({ name, first: place, last: place });
    }
  });
  return all;
}

/** Whether a bucket belongs to the episode of an alert. */
export const within = (alert: Alert, point: BandPoint): boolean => point.start >= alert.since && point.end <= alert.until;

const feastLabel = (name: string | undefined, color: string, small: boolean) => ({
  show: name !== undefined && !small,
  position: "insideTop" as const,
  formatter: name ?? "",
  fontSize: 11,
  color,
  fontFamily: palette.value.font,
});

/** Complaints over the band within which nothing fires; buckets of the episode stand out. */
export function bandOption(alert: Alert, points: readonly BandPoint[], small: boolean): Option {
  const tint = palette.value;
  // With little history the band is wide: the axis ends where the counts and the newest band do.
  const roof = even(1.15 * Math.max(1, ...points.map((point) => point.observed), points.at(-1)?.upper ?? 0));
  const days = points.map((point) => tick(point.start, alert.unit));
  const places = new Map(feasts(points).map(({ name, first, last }) => [Math.floor((first + last) / 2), name]));
  const fired = points.findIndex((point) => alert.fired !== null && point.start <= alert.fired && alert.fired <= point.end);
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
        data: points.map((point, place) => (point.special.length ? { value: roof, label: feastLabel(places.get(place), tint.soft, small) } : null)),
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
          itemStyle: { color: within(alert, point) ? tint.neg : tint.neu, borderRadius: [2, 2, 0, 0] },
          label: { show: place === fired, position: "top" as const, distance: 3, formatter: `${say("fired")}\n▼`, lineHeight: 12, fontSize: 11, color: tint["neg-ink"], fontFamily: tint.font },
        })),
      },
    ],
  };
}
