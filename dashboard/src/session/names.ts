import { shallowRef, triggerRef } from "vue";
import type { Name, Polarity, Row, Taxonomy } from "@/api/types";
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

const taught = shallowRef<Taxonomy>({ categories: [], own: false });

/** Remember the tenant's own categories; those of the model keep their names where they are none. */
export function learnTaxonomy(answer: Taxonomy): void {
  taught.value = answer;
  for (const each of answer.categories) for (const member of each.members) known.value.set(member.key, member.name);
  for (const each of answer.categories) known.value.set(each.key, each.name);
  triggerRef(known);
}

/** Whether the tenant has categories of its own. */
export const ownCategories = () => taught.value.own;

/** The model's categories by key: what an opinion can be corrected to. */
export const categoriesSeen = () => {
  const members = taught.value.categories.flatMap((each) => each.members.map((member) => member.key));
  return members.length ? members : [...known.value.keys()];
};

/** Rows of categories in the order in which the tenant wants to see them. */
export function inOwnOrder<Each extends { key: string }>(rows: readonly Each[]): Each[] {
  const order = new Map(taught.value.categories.map((each, at) => [each.key, at]));
  return [...rows].sort((a, b) => (order.get(a.key) ?? 1e9) - (order.get(b.key) ?? 1e9));
}

/** The names of a category in both languages, or its key. */
export const categoryNames = (key: string): Name => known.value.get(key) ?? { zh: key, en: key };

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
