import { ask } from "@/api/http";
import type { Name } from "@/api/types";
import type { Alert, BandPoint, Spell, Unit } from "./alerts";

/** A series that is watched, as `/v1/series` tells it. */
export interface Series {
  id: string;
  product: string | null;
  category: string | null;
  aspect: string | null;
  source: string | null;
  own: string | null;
  where: Name;
  complaints: number;
  lately: number;
  usual: number;
  firing: boolean;
}
export interface SeriesPage {
  unit: Unit | null;
  units: Unit[];
  first: string | null;
  until: string | null;
  total: number;
  items: Series[];
}
export interface Episode extends Spell {
  id: string;
  kind: Alert["kind"];
  state: Alert["state"];
  parent: string | null;
  sentence: Name;
  why: Name;
  dismissed_by: string | null;
}
export interface Banded {
  unit: Unit;
  series: Series;
  level: number;
  points: BandPoint[];
  episodes: Episode[];
}
export type Order = "unusual" | "complaints";

/** Buckets that are shown, few and many. */
export const SPANS: Record<Unit, { short: number; long: number }> = {
  hour: { short: 168, long: 336 },
  day: { short: 120, long: 400 },
  week: { short: 78, long: 160 },
};

export const series = (unit: string, words: string, order: Order, limit: number, offset: number, signal?: AbortSignal) =>
  ask<SeriesPage>("/v1/series", { query: { unit, words, order, limit, offset }, signal });
export const banded = (id: string, unit: string, buckets: number, signal?: AbortSignal) =>
  ask<Banded>(`/v1/series/${encodeURIComponent(id)}`, { query: { unit, buckets }, signal });
