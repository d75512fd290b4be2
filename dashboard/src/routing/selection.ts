import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { Query } from "@/api/http";

/** What the reader looks at; it stands in the address, so a view can be sent to somebody. */
export interface Selection {
  product: string[];
  brand: string[];
  category: string[];
  aspect: string[];
  source: string[];
  language: string[];
  polarity: string;
  since: string;
  until: string;
  containing: string;
  confidence: number;
  corrected: boolean;
}

export const LISTS = ["product", "brand", "category", "aspect", "source", "language"] as const;
export const TEXTS = ["polarity", "since", "until", "containing"] as const;
export type ListField = (typeof LISTS)[number];
export type TextField = (typeof TEXTS)[number];

const POLARITIES = ["positive", "neutral", "negative"];
const DAY = /^\d{4}-\d\d-\d\d$/;

export const everything = (): Selection => ({
  product: [], brand: [], category: [], aspect: [], source: [], language: [],
  polarity: "", since: "", until: "", containing: "", confidence: 0, corrected: true,
});

const texts = (value: LocationQuery[string] | undefined): string[] =>
  [value].flat().filter((each): each is string => typeof each === "string" && each !== "");

/** The fields that an address names, each behind `prefix`; what cannot be read is left out. */
export function fieldsIn(query: LocationQuery, prefix = ""): Partial<Selection> {
  const fields: Partial<Selection> = {};
  for (const name of LISTS) {
    const values = texts(query[prefix + name]);
    if (values.length) fields[name] = values;
  }
  for (const name of TEXTS) {
    const value = texts(query[prefix + name])[0];
    if (value === undefined || (name === "polarity" && !POLARITIES.includes(value))) continue;
    if ((name === "since" || name === "until") && !DAY.test(value)) continue;
    fields[name] = value;
  }
  const confidence = Number(texts(query[`${prefix}confidence`])[0]);
  if (confidence > 0 && confidence <= 1) fields.confidence = confidence;
  if (texts(query[`${prefix}corrected`])[0] === "false") fields.corrected = false;
  return fields;
}

/** The whole selection that an address names. */
export const selectionIn = (query: LocationQuery): Selection => ({ ...everything(), ...fieldsIn(query) });

/** The shortest query of an address that says these fields. */
export function addressOf(fields: Partial<Selection>, prefix = ""): LocationQueryRaw {
  const query: LocationQueryRaw = {};
  for (const name of LISTS) if (fields[name]?.length) query[prefix + name] = fields[name];
  for (const name of TEXTS) if (fields[name]) query[prefix + name] = fields[name];
  if (fields.confidence) query[`${prefix}confidence`] = String(fields.confidence);
  if (fields.corrected === false) query[`${prefix}corrected`] = "false";
  return query;
}

/** The same for the service, which corrects as soon as it can unless it is told not to. */
export function asked(selection: Selection): Query {
  return { ...selection, confidence: selection.confidence || undefined, corrected: selection.corrected ? undefined : false };
}

export const QUOTES = "quotes";
export const REVIEW = "review";
const AT = "at";

/** The address of the same view with the opinions behind a number open beside it. */
export function behind(query: LocationQuery, fields: Partial<Selection>): LocationQueryRaw {
  return { ...withoutQuotes(query), [QUOTES]: "open", ...addressOf(fields, `${QUOTES}.`) };
}

/** The query without what opens the quotes. */
export function withoutQuotes(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(
    Object.entries(query).filter(([name]) => name !== QUOTES && !name.startsWith(`${QUOTES}.`)),
  ) as LocationQueryRaw;
}

/** What the open quotes are of: the view's selection, narrowed; null where none are open. */
export function quotesIn(query: LocationQuery): Selection | null {
  return query[QUOTES] ? { ...selectionIn(query), ...fieldsIn(query, `${QUOTES}.`) } : null;
}

/** The address of the same view with a review open beside it, some words of it marked. */
export function citing(query: LocationQuery, review: string, words?: { start: number; end: number }): LocationQueryRaw {
  return { ...withoutReview(query), [REVIEW]: review, ...(words ? { [AT]: `${words.start}-${words.end}` } : {}) };
}

/** The query without what opens a review. */
export function withoutReview(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== REVIEW && name !== AT)) as LocationQueryRaw;
}

/** The review that an address opens, and the words that are marked in it; null where it opens none. */
export function reviewIn(query: LocationQuery): { id: string; words: { start: number; end: number } | null } | null {
  const id = texts(query[REVIEW])[0];
  if (!id) return null;
  const [, start, end] = /^(\d{1,9})-(\d{1,9})$/.exec(texts(query[AT])[0] ?? "") ?? [];
  return { id, words: start && end ? { start: Number(start), end: Number(end) } : null };
}
