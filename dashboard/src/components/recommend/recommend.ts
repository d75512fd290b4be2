import { ask } from "@/api/http";

export interface ReasonQuote {
  review: string;
  start: number;
  end: number;
  text: string;
}
export interface AspectReason {
  aspect: string;
  praise: number;
  complaints: number;
  quotes: ReasonQuote[];
}
export interface RecommendedItem {
  rank: number;
  item: string;
  title: string;
  score: number;
  reason: { praised: AspectReason[]; blamed: AspectReason[]; because: string[]; popular: number };
}
export interface Recommended {
  by: "user" | "like" | "about";
  known: boolean;
  items: RecommendedItem[];
}
export interface RecommenderState {
  available: boolean;
  users: number;
  items: number;
  aspects: string[];
}
export type WishKind = "user" | "like" | "about";

export const recommender = (signal?: AbortSignal) => ask<RecommenderState>("/v1/recommend", { signal });
export const recommend = (kind: WishKind, words: string, less: string, signal?: AbortSignal) =>
  ask<Recommended>("/v1/recommend", { json: { [kind]: words, n: 10, less_of: less ? [less] : [] }, signal });
