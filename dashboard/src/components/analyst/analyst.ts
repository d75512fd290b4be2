import { ask } from "@/api/http";
import type { Interval, Name, Polarity } from "@/api/types";
import { asked, everything, type Selection } from "@/routing/selection";

/** Words of a review: code points `start` to `end` of its raw text. */
export interface Quoted {
  review: string;
  start: number;
  end: number;
  text: string;
  product: string | null;
  source: string | null;
  time: string | null;
}
export interface KeyPoint {
  key: string;
  name: Name;
  polarity: Polarity;
  reviews: number;
  opinions: number;
  share: Interval | null;
  quotes: Quoted[];
}
export interface Digest {
  by: "aspect" | "category";
  overview: { reviews: number; read: number; opinions: number; net: Interval | null; corrected: boolean; first: string | null; last: string | null };
  points: KeyPoint[];
  unnamed: number;
}
/** The typed call that a question became; what it does not set is left out. */
export interface ToolCall {
  tool: string;
  products?: string[];
  brands?: string[];
  categories?: string[];
  aspects?: string[];
  sources?: string[];
  polarity?: Polarity;
  since?: string;
  until?: string;
  by?: string;
  unit?: string;
  words?: string;
}
export interface AnswerRow {
  name: Name;
  reviews: number | null;
  opinions: number | null;
  net: Interval | null;
  share: Interval | null;
}
export interface QuestionAnswer {
  question: string;
  planner: "rules" | "model";
  call: ToolCall | null;
  refusal: { kind: string; words: string; reason: Name; exists: Record<string, string[]> } | null;
  rows: AnswerRow[];
  quotes: Quoted[];
  remarks: Name[];
}

export const digest = (of: Selection, by: string, points: number, signal?: AbortSignal) =>
  ask<Digest>("/v1/summarise", { query: { ...asked(of), by, points, quotes: 2 }, signal });
export const askStore = (question: string, signal?: AbortSignal) => ask<QuestionAnswer>("/v1/ask", { json: { question }, signal });

/** What a call looked at, as the pages select it: where its numbers come from can be opened. */
export function selectionOf(call: ToolCall): Selection {
  return {
    ...everything(),
    product: call.products ?? [], brand: call.brands ?? [], category: call.categories ?? [], aspect: call.aspects ?? [], source: call.sources ?? [],
    polarity: call.polarity ?? "", since: call.since ?? "", until: call.until ?? "", containing: call.words ?? "",
  };
}

/** The call as programs write it: `share(by=aspect; polarity=negative)`. */
export function callShown({ tool, ...given }: ToolCall): string {
  return `${tool}(${Object.entries(given).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(", ") : value}`).join("; ")})`;
}
