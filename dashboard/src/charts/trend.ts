import type { Period, Trend } from "@/api/types";
import { period, tick } from "@/numbers/dates";
import { between, points } from "@/numbers/format";
import { counted, say } from "@/words";
import { tip, tooltip, words } from "./common";
import type { Option } from "./echarts";
import { moves, palette, pale } from "./palette";

/** Ends of the axis of nets: around what is seen, in quarters, and never a sliver. */
export function axisEnds(periods: readonly Period[]): [number, number] {
  const nets = periods.flatMap((each) => (each.net && each.complete ? [each.net] : []));
  if (!nets.length) return [-1, 1];
  const low = Math.min(...nets.map((net) => Math.min(net.value, Math.max(net.low, net.value - 0.4))));
  const high = Math.max(...nets.map((net) => Math.max(net.value, Math.min(net.high, net.value + 0.4))));
  const ends = (parts: number): [number, number] => [
    Math.max(-1, Math.floor((low - 0.02) * parts) / parts),
    Math.min(1, Math.ceil((high + 0.02) * parts) / parts),
  ];
  // Ticks stand at halves where the axis is long, so its ends do too: zero is among them.
  const [floor, roof] = ends(4);
  return roof - floor > 1 ? ends(2) : [floor, roof];
}

/** Why a period is dashed: it has not ended, or the reviews do not reach over all of its days. */
export const unfinished = (each: Period, today = new Date().toISOString().slice(0, 10)): string =>
  each.end >= today ? say("still running") : say("not all of its days are read");

export const wordsOf = (each: Period): string[] => [
  each.net ? `${say("net sentiment")} ${points(each.net.value)}  (${between(each.net)})` : say("no opinions"),
  `${counted(each.opinions, "opinions [counted]")} · ${counted(each.reviews, "reviews")}`,
  ...(each.complete ? [] : [say("{why}: in no comparison", { why: unfinished(each) })]),
];

/** Net sentiment with its interval above, the number of opinions below; what still runs is dashed. */
export function trendOption(trend: Trend, small: boolean): Option {
  const { periods, unit } = trend;
  const [low, high] = axisEnds(periods);
  const tint = palette.value;
  const clip = (value: number) => Math.max(low, Math.min(high, value));
  const lastDone = periods.findLastIndex((each) => each.complete);
  const net = (each: Period) => each.net?.value ?? null;
  const done = periods.map((each) => (each.complete ? net(each) : null));
  const running = periods.map((each, index) => (index >= lastDone ? net(each) : null));
  const bandLow = periods.map((each) => (each.net && each.complete ? clip(each.net.low) : null));
  const bandSize = periods.map((each) => (each.net && each.complete ? clip(each.net.high) - clip(each.net.low) : null));
  const line = { type: "line" as const, symbol: "circle", symbolSize: periods.length > 40 ? 4 : 7, connectNulls: false };
  const still = { silent: true, symbol: "none", stack: "band", stackStrategy: "all" as const, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return {
    animation: moves(),
    animationDuration: 300,
    grid: [
      { left: 44, right: 14, top: 12, bottom: 92 },
      { left: 44, right: 14, height: 44, bottom: 28 },
    ],
    tooltip: {
      ...tooltip(),
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: pale(tint.ink, 0.05) } },
      formatter: (given: unknown) => {
        const each = periods[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0];
        return each ? tip(period(each.start, each.end), wordsOf(each)) : "";
      },
    },
    xAxis: [0, 1].map((gridIndex) => ({
      gridIndex,
      type: "category" as const,
      data: periods.map((each) => tick(each.start, unit)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...words(), show: gridIndex === 1, hideOverlap: true, interval: Math.ceil(periods.length / (small ? 4 : 9)) - 1 },
    })),
    yAxis: [
      {
        min: low, max: high, interval: high - low > 1 ? 0.5 : 0.25,
        axisLabel: { ...words(), formatter: (value: number) => points(value) },
        splitLine: { lineStyle: { color: tint.grid } },
      },
      { gridIndex: 1, show: false },
    ],
    series: [
      { ...line, ...still, name: "low", data: bandLow },
      { ...line, ...still, name: "band", data: bandSize, areaStyle: { color: tint.accent, opacity: 0.14 } },
      { ...line, name: "running", data: running, silent: true, symbol: "emptyCircle", lineStyle: { type: [4, 4], width: 2, color: tint.accent, opacity: 0.7 }, itemStyle: { color: tint.accent } },
      { ...line, name: "net", data: done, lineStyle: { width: 2.4, color: tint.accent }, itemStyle: { color: tint.accent, borderColor: tint.card, borderWidth: 1.5 }, emphasis: { scale: 1.5 } },
      {
        type: "bar", name: "volume", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 22, barCategoryGap: "30%",
        data: periods.map((each) => ({
          value: each.opinions,
          itemStyle: each.complete
            ? { color: pale(tint.neu, 0.6), borderRadius: [2, 2, 0, 0] }
            : { color: "transparent", borderColor: tint.edge, borderWidth: 1, borderType: "dashed" as const },
        })),
      },
    ],
  };
}
