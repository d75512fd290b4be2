import type { Changes } from "@/api/types";
import { say } from "@/words";

/** The answer in one sentence: whether the net sentiment moved, and how far. */
export function headline(changes: Changes): string {
  if (!changes.change) return say("Not enough to compare yet");
  const points = Math.round(Math.abs(changes.change.value) * 100);
  if (!changes.significant) return say("No change beyond chance");
  return changes.change.value < 0
    ? say("Net sentiment fell by {points} points", { points })
    : say("Net sentiment rose by {points} points", { points });
}

/** A ratio as the part that was added or lost: `+12%`. */
export function signedPart(ratio: number, way: -1 | 1): string {
  const parts = way > 0 ? Math.ceil((ratio - 1) * 100 - 1e-6) : Math.floor((ratio - 1) * 100 + 1e-6);
  return parts > 0 ? `+${parts}%` : parts < 0 ? `−${-parts}%` : "0%";
}

/** The largest end of an effect, so that all of them share one scale. */
export const reachOf = (changes: Changes): number =>
  Math.max(0.01, ...changes.causes.flatMap(({ effect }) => [Math.abs(effect.value) * 1.4, Math.min(Math.abs(effect.low), Math.abs(effect.value) * 2.5), Math.min(Math.abs(effect.high), Math.abs(effect.value) * 2.5)]));
