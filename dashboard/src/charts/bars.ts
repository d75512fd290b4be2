import type { CustomSeriesRenderItem } from "echarts";
import type { Interval, Row } from "@/api/types";
import { between, clearTone, count, percent, points, toneOf } from "@/numbers/format";
import { shown } from "@/text/inert";
import { counted, named, say } from "@/words";
import { brief, tip, tooltip, words } from "./common";
import type { Option } from "./echarts";
import { moves, palette, pale } from "./palette";

export const FEW = 10;
/** Numbers that rest on fewer reviews are shown pale. */
export const thin = (row: { reviews: number }) => row.reviews < FEW;

export const nameOf = (row: Row) => shown(named(row.name));

/** Height of a chart with so many rows. */
export const heightOf = (rows: number, each = 34) => rows * each + 30;

/** What is drawn at a row from `low` to `high`: the interval, with its ends. */
export function whisker(colour: string, shift = 0): CustomSeriesRenderItem {
  return (_, api) => {
    const row = api.value(0);
    const [left, middle] = api.coord([api.value(1), row]) as [number, number];
    const [right] = api.coord([api.value(2), row]) as [number, number];
    const y = middle + shift;
    const stroke = { stroke: colour, lineWidth: 1.4 };
    const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line" as const, shape: { x1, y1, x2, y2 }, style: stroke });
    return { type: "group", silent: true, children: [line(left, y, right, y), line(left, y - 3, left, y + 3), line(right, y - 3, right, y + 3)] };
  };
}

const rowTip = (row: Row) =>
  tip(nameOf(row), [
    row.net ? `${say("net sentiment")} ${points(row.net.value)}  (${between(row.net)})` : say("no opinions"),
    `${counted(row.opinions, "opinions [counted]")} · ${counted(row.reviews, "reviews")}`,
    ...(row.share ? [`${say("of the reviews")} ${percent(row.share.value)}`] : []),
    ...(thin(row) ? [say("fewer than {few} reviews: no conclusion", { few: FEW })] : []),
  ]);

const category = (rows: readonly Row[], small: boolean, right: (row: Row) => string) => {
  const tint = palette.value;
  const axis = { type: "category" as const, inverse: true, axisLine: { show: false }, axisTick: { show: false }, triggerEvent: true };
  return [
    {
      ...axis,
      data: rows.map(nameOf),
      axisLabel: { ...words(13), color: tint.ink, width: small ? 84 : 132, align: "left" as const, margin: small ? 90 : 142, overflow: "truncate" as const, formatter: (name: string) => brief(name) },
    },
    { ...axis, data: rows.map(right), position: "right" as const, axisLabel: { ...words(12.5), color: tint.soft } },
  ];
};

/** Nets of rows around zero, each with its interval; those that hold zero are pale. */
export function netOption(rows: readonly Row[], small: boolean): Option {
  const tint = palette.value;
  const inks = { pos: tint.pos, neg: tint.neg, neu: tint.neu };
  const colour = (row: Row) => {
    const net = row.net as Interval;
    return thin(row) ? pale(tint.neu, 0.5) : pale(inks[toneOf(net.value)], clearTone(net) === "neu" ? 0.42 : 0.9);
  };
  return {
    animation: moves(),
    animationDuration: 300,
    grid: { left: small ? 92 : 144, right: small ? 44 : 128, top: 22, bottom: 6 },
    tooltip: { ...tooltip(), trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: pale(tint.ink, 0.05) } },
      formatter: (given: unknown) => { const row = rows[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0]; return row ? rowTip(row) : ""; } },
    xAxis: {
      min: -1, max: 1, interval: 0.5, position: "top",
      axisLabel: { ...words(), formatter: (value: number) => points(value) },
      splitLine: { lineStyle: { color: tint.grid } },
    },
    yAxis: category(rows, small, (row) => (row.net ? (small ? points(row.net.value) : `${points(row.net.value)}   ${between(row.net)}`) : "–")),
    series: [
      { type: "bar", barWidth: 14, data: rows.map((row) => ({ value: row.net?.value ?? 0, itemStyle: { color: row.net ? colour(row) : tint.neu, borderRadius: 3 } })) },
      { type: "custom", renderItem: whisker(pale(tint.ink, 0.72)), silent: true, tooltip: { show: false },
        data: rows.flatMap((row, index) => (row.net ? [[index, row.net.low, row.net.high]] : [])), encode: { x: [1, 2], y: 0 } },
    ],
  };
}

/** How much is said of rows, by polarity. */
export function countOption(rows: readonly Row[], small: boolean): Option {
  const tint = palette.value;
  const parts = [["positive", tint.pos], ["neutral", tint.neu], ["negative", tint.neg]] as const;
  return {
    animation: moves(),
    animationDuration: 300,
    grid: { left: small ? 92 : 144, right: 52, top: 4, bottom: 4 },
    tooltip: { ...tooltip(), trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: pale(tint.ink, 0.05) } },
      formatter: (given: unknown) => { const row = rows[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0]; return row ? rowTip(row) : ""; } },
    xAxis: { show: false },
    yAxis: category(rows, small, (row) => count(row.opinions)),
    series: parts.map(([part, colour]) => ({
      type: "bar" as const, name: part, stack: "all", barWidth: 14,
      data: rows.map((row) => ({ value: row[part], itemStyle: { color: pale(colour, thin(row) ? 0.45 : 0.9), borderColor: tint.card, borderWidth: 1, borderRadius: 3 } })),
    })),
  };
}
