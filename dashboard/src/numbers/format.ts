import { language } from "@/words";
import type { Interval } from "@/api/types";

type Way = -1 | 0 | 1;

/** In so many parts of one; the ends of an interval go outwards (`way`), so that none is ever a point. */
function whole(value: number, parts: number, way: Way): number {
  if (way > 0) return Math.ceil(value * parts - 1e-6);
  if (way < 0) return Math.floor(value * parts + 1e-6);
  // To four digits first, as the report writes its numbers: halves then fall on the same side.
  return Math.sign(value) * Math.round(Math.round(Math.abs(value) * 1e4) * (parts / 1e4));
}

const signed = (number: number, shown: string) => (number > 0 ? `+${shown}` : number < 0 ? `−${shown}` : "0");

/** A net sentiment (−1 to 1) in points: `+32`. */
export function points(value: number, way: Way = 0): string {
  const number = whole(value, 100, way);
  return signed(number, String(Math.abs(number)));
}

/** The same with one decimal, for parts that must add up: `−3.4`. */
export function finePoints(value: number, way: Way = 0): string {
  const number = whole(value, 1000, way);
  return signed(number, (Math.abs(number) / 10).toFixed(1));
}

/** A share (0 to 1): `17%`, `4.2%`. */
export function percent(value: number, way: Way = 0): string {
  const fine = value > 0 && value < 0.1;
  return `${fine ? (whole(value, 1000, way) / 10).toFixed(1) : whole(value, 100, way)}%`;
}

/** A number with the separators of the language that is shown. */
export function count(value: number): string {
  return value.toLocaleString(language.value);
}

/** The ends of an interval: `−12 … +7`. */
export function between(interval: Interval, show: (value: number, way: Way) => string = points): string {
  return `${show(interval.low, -1)} … ${show(interval.high, 1)}`;
}

export type Tone = "pos" | "neg" | "neu";

/** Which side of nothing a value lies on. */
export const toneOf = (value: number): Tone => (value > 0 ? "pos" : value < 0 ? "neg" : "neu");

/** The side of an interval that leaves nothing out; neutral where it holds zero. */
export const clearTone = (interval: Interval | null): Tone =>
  !interval ? "neu" : interval.low > 0 ? "pos" : interval.high < 0 ? "neg" : "neu";

/** Bytes as people say them. */
export function bytes(size: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let step = 0;
  for (; size >= 1000 && step < units.length - 1; step++) size /= 1000;
  return `${step ? size.toFixed(1) : size} ${units[step]}`;
}
