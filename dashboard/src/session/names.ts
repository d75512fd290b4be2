import { shallowRef, triggerRef } from "vue";
import type { Name, Polarity, Row } from "@/api/types";
import { named, say } from "@/words";

const known = shallowRef(new Map<string, Name>());

/** Remember what the categories of an answer are called. */
export function learnNames(rows: readonly Row[]): void {
  let fresh = false;
  for (const row of rows)
    if (row.name && !known.value.has(row.key)) {
      known.value.set(row.key, row.name);
      fresh = true;
    }
  if (fresh) triggerRef(known);
}

/** The categories that were seen so far, by key. */
export const categoriesSeen = () => [...known.value.keys()];

/** What a category is called, or its key where nothing called it so far. */
export function categoryName(key: string): string {
  const name = known.value.get(key);
  return name ? named(name) : key;
}

export function polarityName(polarity: Polarity | string): string {
  if (polarity === "positive") return say("positive");
  return polarity === "negative" ? say("negative") : say("neutral");
}

export const toneOfPolarity = (polarity: string) => ({ positive: "pos", negative: "neg" })[polarity] ?? "neu";
