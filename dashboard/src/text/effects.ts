import type { Effects, Span } from "@/api/types";
import type { Mark } from "./marks";

const STEPS = 4;
/** Effects that are smaller are not shown: the model's answers are no steadier than that. */
const FAINT = 0.02;

/** How strongly a unit speaks, in steps of the strongest one: `up1` to `up4`, `down1` to `down4`, or nothing. */
export function stepOf(effect: number, strongest: number): string {
  if (Math.abs(effect) < FAINT || strongest <= 0) return "";
  const step = Math.max(1, Math.min(STEPS, Math.ceil((Math.abs(effect) / strongest) * STEPS)));
  return `${effect > 0 ? "up" : "down"}${step}`;
}

/** The units of a text, marked by what each adds. */
export function shaded(units: readonly Span[], { effects }: Effects): Mark[] {
  const strongest = Math.max(0, ...effects.map(Math.abs));
  return units.flatMap((unit, place) => {
    const kind = stepOf(effects[place] ?? 0, strongest);
    return kind ? [{ start: unit.start, end: unit.end, kind }] : [];
  });
}
