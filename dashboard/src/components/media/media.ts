import { ask, call } from "@/api/http";
import type { Polarity } from "@/api/types";

/** Where an opinion's evidence stands: boxes in pixels, or times in milliseconds. */
export interface OpinionPlaces {
  id: string;
  tag: string;
  category: string;
  polarity: Polarity;
  marks: number[][];
}
export interface Media {
  review: string;
  kind: "picture" | "sound";
  file: string;
  /** Whether the file itself can be asked for. */
  served: boolean;
  extent: number[];
  opinions: OpinionPlaces[];
}

export const media = (review: string, signal?: AbortSignal) => ask<Media>("/v1/media", { query: { review }, signal });
export const picture = (review: string, signal?: AbortSignal) => call("/v1/media/picture", { query: { review }, signal }).then((answer) => answer.blob());
export const sound = (review: string, begin: number, end: number, signal?: AbortSignal) =>
  call("/v1/media/sound", { query: { review, begin, end }, signal }).then((answer) => answer.blob());

/** A moment of a recording: `1:04.2`. */
export function clock(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}
