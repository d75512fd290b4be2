import { ask } from "@/api/http";
import type { Interval, Name, Opinion } from "@/api/types";

/** An episode of a series, as `/v1/alerts` tells it. */
export interface Alert {
  id: string;
  kind: "surge" | "share" | "topic" | "drift";
  severity: "minor" | "major" | "critical";
  state: "pending" | "firing" | "kept" | "cleared";
  unit: "hour" | "day" | "week";
  since: string;
  until: string;
  fired: string | null;
  cleared: string | null;
  product: string | null;
  category: string | null;
  aspect: string | null;
  source: string | null;
  own: string | null;
  where: Name;
  sentence: Name;
  cause: Name | null;
  dated: Name | null;
  repeats: Name | null;
  why: Name;
  observed: number;
  expected: number;
  ratio: Interval;
  complaints: number;
  quotes: Opinion[];
  acknowledged: string | null;
  acknowledged_by: string | null;
  dismissed: string | null;
  dismissed_by: string | null;
  quiet: { until: string | null; who: string } | null;
}
export interface Budget {
  a_week: number;
  share: number | null;
  series: number;
  fired: number;
  weeks: number;
  allowed: number;
  dismissed: number;
  words: Name;
  switches: Name[];
}
export interface Watched {
  unit: "hour" | "day" | "week";
  first: string;
  until: string;
  budget: Budget | null;
}
export interface Alerts {
  total: number;
  items: Alert[];
  watched: Watched[];
  waiting: number;
}
export type Unit = "hour" | "day" | "week";
/** The buckets of an episode that stand out, and the one at which it fired. */
export interface Spell {
  since: string;
  until: string;
  fired: string | null;
}
export interface BandPoint {
  start: string;
  end: string;
  observed: number;
  expected: number | null;
  upper: number | null;
  special: Name[];
}
export type Act = "acknowledge" | "dismiss" | "reinstate" | "snooze" | "mute" | "wake";

const named = (id: string) => `/v1/alerts/${encodeURIComponent(id)}`;

export const alerts = (state: readonly string[], limit: number, offset: number, signal?: AbortSignal) =>
  ask<Alerts>("/v1/alerts", { query: { state, limit, offset }, signal });
export const band = (id: string, signal?: AbortSignal) =>
  ask<{ points: BandPoint[] }>(`${named(id)}/series`, { signal }).then((answer) => answer.points);
export const act = (id: string, what: Act) =>
  ask<{ alert: Alert }>(`${named(id)}/${what}`, what === "snooze" ? { json: { hours: 24 } } : { method: "POST" }).then(
    (answer) => answer.alert,
  );
