import type { CustomSeriesRenderItem } from "echarts";
import type { Row } from "@/api/types";
import { between, points } from "@/numbers/format";
import { counted, say } from "@/words";
import { nameOf, thin } from "./bars";
import { brief, tip, tooltip, words } from "./common";
import type { Option } from "./echarts";
import { hues, moves, palette, pale } from "./palette";

/** The rows of one product, or of one period, by key. */
export interface Side {
  name: string;
  rows: readonly Row[];
}

/** A dot with its interval for each side of each row, side by side. */
const dots = (colour: string, shift: number, faint: ReadonlySet<number>): CustomSeriesRenderItem => (_, api) => {
  const row = api.value(0) as number;
  const at = (slot: number) => api.coord([api.value(slot), row]) as [number, number];
  const [left, middle] = at(1);
  const [right] = at(2);
  const [x] = at(3);
  const y = middle + shift;
  const tint = faint.has(row) ? pale(colour, 0.35) : colour;
  return {
    type: "group",
    children: [
      { type: "line", shape: { x1: left, y1: y, x2: right, y2: y }, style: { stroke: pale(colour, faint.has(row) ? 0.25 : 0.5), lineWidth: 3, lineCap: "round" } },
      { type: "circle", shape: { cx: x, cy: y, r: 5 }, style: { fill: tint, stroke: palette.value.card, lineWidth: 1.5 } },
    ],
  };
};

/** The nets of the same rows of up to four sides, each with its interval. */
export function compareOption(keys: readonly Row[], sides: readonly Side[], small: boolean): Option {
  const tint = palette.value;
  const step = 12;
  const rowOf = (side: Side, key: string) => side.rows.find((row) => row.key === key);
  return {
    animation: moves(),
    grid: { left: small ? 92 : 144, right: 20, top: 22, bottom: 6 },
    tooltip: {
      ...tooltip(), trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: pale(tint.ink, 0.05) } },
      formatter: (given: unknown) => {
        const key = keys[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0];
        if (!key) return "";
        return tip(nameOf(key), sides.map((side) => {
          const row = rowOf(side, key.key);
          return row?.net ? `${brief(side.name)}  ${points(row.net.value)}  (${between(row.net)}) · ${counted(row.opinions, "opinions [counted]")}` : `${brief(side.name)}  ${say("no opinions")}`;
        }));
      },
    },
    xAxis: { min: -1, max: 1, interval: 0.5, position: "top", axisLabel: { ...words(), formatter: (value: number) => points(value) }, splitLine: { lineStyle: { color: tint.grid } } },
    yAxis: [{
      type: "category", inverse: true, data: keys.map(nameOf), axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { ...words(13), color: tint.ink, width: small ? 84 : 132, align: "left", margin: small ? 90 : 142, overflow: "truncate", formatter: (name: string) => brief(name) },
      splitLine: { show: true, lineStyle: { color: tint.grid } },
    }],
    series: [
      { type: "bar", data: keys.map(() => 0), barWidth: 1, itemStyle: { color: "transparent" } },
      ...sides.map((side, number) => ({
        type: "custom" as const,
        name: side.name,
        renderItem: dots(hues.value[number % hues.value.length] ?? tint.accent, (number - (sides.length - 1) / 2) * step,
          new Set(keys.flatMap((key, index) => { const row = rowOf(side, key.key); return row && thin(row) ? [index] : []; }))),
        data: keys.flatMap((key, index) => {
          const net = rowOf(side, key.key)?.net;
          return net ? [[index, net.low, net.high, net.value]] : [];
        }),
        encode: { x: [1, 2, 3], y: 0 },
        tooltip: { show: false },
      })),
    ],
  };
}
