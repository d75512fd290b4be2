import { ask, call } from "@/api/http";
import type { Name, Polarity } from "@/api/types";
import type { Mark } from "@/text/marks";

export type State = "new" | "edited" | "sent" | "handed_over";
export type Kind = "message" | "review";
export type Channel = "answer" | "public" | "private";

interface Words {
  text: string;
  span: [number, number];
}
export interface UnderstoodOpinion {
  aspect: Words | null;
  expression: Words | null;
  evidence: Words;
  category: string;
  polarity: Polarity;
  confidence: number;
  tag: string;
}
export interface Understood {
  language: string;
  intent: { name: string; confidence: number; in_scope: boolean; why: string } | null;
  opinions: UnderstoodOpinion[];
  sentiment: Polarity;
  urgency: { level: number; signs: ({ name: string; weight: number } & Partial<Words>)[] };
  slots: ({ name: string } & Words)[];
  notes: string[];
}
export interface Cited {
  text: string;
  source: string;
  file: string;
  line: number | null;
  quoted: string;
}
export interface DraftFacts {
  abstained?: boolean;
  why?: string;
  confidence?: number;
  sentences?: Cited[];
  sources?: { source: string; question: string; score: number }[];
  handover?: string | null;
}
export interface Draft {
  channel: Channel;
  text: string;
  current: string;
  sent: boolean;
  /** Null in a list: only an item by itself is checked. */
  violations: { rule: string; words: string; why: Name }[] | null;
  opened: string | null;
  opened_by: string | null;
  guards: { rule: string; name: Name; passed: boolean }[] | null;
  facts: DraftFacts;
}
export interface Item {
  id: string;
  kind: Kind;
  reference: string | null;
  text: string;
  about: { product?: string; rating?: number; scale?: number; time?: string; source?: string; turns?: { who: "customer" | "shop"; text: string }[] };
  urgency: number;
  understood: Understood;
  drafts: Draft[];
  needs_person: boolean;
  reasons: Name[];
  state: State;
  made: string;
  changed: string;
  who: string;
}
export interface Inbox {
  total: number;
  waiting: number;
  items: Item[];
}
export interface Entry {
  kind: Kind;
  text?: string;
  reference?: string;
  product?: string;
  rating?: number;
  scale?: number;
}

const BASE = "/v1/assist/inbox";
const named = (id: string) => `${BASE}/${encodeURIComponent(id)}`;

export const inbox = (state: readonly string[], kind: string, limit: number, signal?: AbortSignal) =>
  ask<Inbox>(BASE, { query: { state, kind, limit }, signal });
export const inboxItem = (id: string, signal?: AbortSignal) => ask<{ item: Item }>(named(id), { signal }).then((answer) => answer.item);
export const add = (entry: Entry) => ask<{ items: Item[] }>(BASE, { json: { items: [entry] } }).then((answer) => answer.items[0] as Item);
const change = (id: string, json: object) => ask<{ item: Item; text: string | null }>(named(id), { method: "PATCH", json });
export const see = (id: string, channel: Channel) => change(id, { action: "see", channel });
export const edit = (id: string, channel: Channel, text: string) => change(id, { action: "edit", channel, text });
export const send = (id: string, channel: Channel, text: string) => change(id, { action: "send", channel, text });
export const handOver = (id: string) => change(id, { action: "hand_over" });
export const remove = (id: string) => call(named(id), { method: "DELETE" });
export const pairs = (kind: Kind) => call(`${BASE}/export`, { query: { kind } }).then((answer) => answer.blob());

const TONES: Record<Polarity, string> = { positive: "pos", negative: "neg", neutral: "neu" };

/** The marks of what was understood: opinions in the colour of their polarity, and what is urgent. */
export function marksIn({ opinions, urgency }: Understood): Mark[] {
  const said = opinions.flatMap((opinion) =>
    (["evidence", "expression", "aspect"] as const).flatMap((part): Mark[] => {
      const words = opinion[part];
      if (!words) return [];
      const [start, end] = words.span;
      return [{ start, end, kind: part }, { start, end, kind: TONES[opinion.polarity] }];
    }),
  );
  const urgent = urgency.signs.flatMap(({ name, span }): Mark[] => (span && name !== "complaint" ? [{ start: span[0], end: span[1], kind: "hit" }] : []));
  return [...said, ...urgent];
}
