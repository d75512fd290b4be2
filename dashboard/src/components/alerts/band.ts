import { tip, tooltip, words } from "@/charts/common";
import type { Option } from "@/charts/echarts";
import { moves, palette } from "@/charts/palette";
import { period, tick } from "@/numbers/dates";
import { count } from "@/numbers/format";
import { say } from "@/words";
import type { Alert, BandPoint } from "./alerts";

const fine = (value: number) => value.toFixed(value < 10 ? 1 : 0);

export const wordsOf = (point: BandPoint): string[] => [
  say("{number} reviews complained", { number: count(point.observed) }),
  ...(point.expected === null ? [say("too little history to expect anything")] : [say("{number} were expected", { number: fine(point.expected) })]),
  ...(point.upper === null ? [] : [say("fires above {number}", { number: fine(point.upper) })]),
];

/** Whether a bucket belongs to the episode of an alert. */
export const within = (alert: Alert, point: BandPoint): boolean => point.start >= alert.since && point.end <= alert.until;

/** Complaints over the band within which nothing fires; buckets of the episode stand out. */
export function bandOption(alert: Alert, points: readonly BandPoint[], small: boolean): Option {
  const tint = palette.value;
  // With little history the band is wide: the axis ends where the counts and the newest band do.
  const roof = Math.ceil(1.2 * Math.max(1, ...points.map((point) => point.observed), points.at(-1)?.upper ?? 0));
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
      data: points.map((point) => tick(point.start, alert.unit)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...words(), hideOverlap: true, interval: Math.ceil(points.length / (small ? 4 : 9)) - 1 },
    },
    yAxis: { min: 0, max: roof, minInterval: 1, axisLabel: words(), splitLine: { lineStyle: { color: tint.grid } } },
    series: [
      { ...still, type: "line" as const, name: "floor", data: points.map((point) => (point.upper === null ? null : 0)) },
      { ...still, type: "line" as const, name: "band", data: points.map((point) => (point.upper === null ? null : Math.min(point.upper, roof))), areaStyle: { color: tint.accent, opacity: 0.14 } },
      { type: "line" as const, name: "expected", silent: true, symbol: "none", data: points.map((point) => point.expected), lineStyle: { type: [4, 4], width: 1.5, color: tint.accent } },
      {
        type: "bar" as const,
        name: "observed",
        barMaxWidth: 12,
        data: points.map((point) => ({ value: point.observed, itemStyle: { color: within(alert, point) ? tint.neg : tint.neu, borderRadius: [2, 2, 0, 0] } })),
      },
    ],
  };
}
