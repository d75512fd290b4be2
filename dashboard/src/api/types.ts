// The service's answers, as docs/decisions and its OpenAPI page say them.

export interface Interval {
  value: number;
  low: number;
  high: number;
}
export interface Span {
  start: number;
  end: number;
  text?: string;
}
export type Polarity = "positive" | "neutral" | "negative";
export interface Name {
  zh: string;
  en: string;
}
export interface Row {
  key: string;
  name: Name;
  reviews: number;
  opinions: number;
  positive: number;
  neutral: number;
  negative: number;
  net: Interval | null;
  share: Interval | null;
}
export interface Category {
  key: string;
  name: Name;
  members: { key: string; name: Name }[];
  hidden: boolean;
  opinions: number;
}
export interface Taxonomy {
  categories: Category[];
  own: boolean;
}
export interface Shares {
  count: number;
  share: Interval | null;
}
export interface Stars {
  number: number;
  scale: number;
  mean: Interval | null;
  net: Interval | null;
}
export interface Overview {
  reviews: number;
  read: number;
  aside: number | Record<string, number>;
  copies: number;
  silent: number;
  opinions: number;
  positive: number;
  neutral: number;
  negative: number;
  net: Interval | null;
  net_as_found: Interval | null;
  corrected: boolean;
  sentiment: Record<Polarity, Shares>;
  sentiment_corrected: Record<Polarity, Interval> | null;
  net_of_reviews: Interval | null;
  stars: Stars | null;
  first: string | null;
  last: string | null;
  models: string[];
  languages: Record<string, number>;
  incomplete: string[];
}
export interface Summary {
  overview: Overview;
  categories: Row[];
  aspects: Row[];
  products: Row[];
  sources: Row[];
}
export interface Period {
  start: string;
  end: string;
  complete: boolean;
  reviews: number;
  opinions: number;
  net: Interval | null;
  by: Record<string, { opinions: number; net: Interval | null }>;
}
export interface Trend {
  unit: "day" | "week" | "month" | "year";
  periods: Period[];
}
/** What each unit of a text adds to a value of the model. */
export interface Effects {
  value: number;
  base: number;
  effects: number[];
}
export interface TurningEdit {
  without: number[];
  words: string[];
  label: Polarity;
  text: string | null;
}
export interface Explained {
  text: string;
  model: string;
  passes: number;
  units: Span[];
  sentiment: Effects & { label: Polarity; edit: TurningEdit | null };
  opinions: { tag: string; label: Polarity; polarity: Effects; edit: TurningEdit | null }[];
}
export interface ReviewHead {
  id: string;
  text: string;
  product: string | null;
  brand: string | null;
  source: string | null;
  time: string | null;
  rating: number | null;
  language: string;
  /** Whether it was read from a picture or a recording. */
  media?: boolean;
}
export interface Opinion {
  id: string;
  review: ReviewHead;
  aspect: Span | null;
  expression: Span | null;
  evidence: Span;
  category: string;
  polarity: Polarity;
  confidence: number;
  tag: string;
  corrected: boolean;
}
export interface StoredReview extends ReviewHead {
  opinions: Opinion[];
  warnings?: string[];
  knowledge?: Knowledge | null;
}
/** What somebody proposed; it counts once another person has confirmed it. */
export interface Policy {
  id: string;
  name: "abuse.threshold" | "abuse.case";
  subject: string;
  value: { threshold?: number; borderline?: number; abusive?: boolean };
  reason: string;
  state: "proposed" | "in-force" | "refused" | "replaced";
  made: string;
}
/** What a catalogue and a lexicon say of a review; `id` is null where several entries are as likely. */
export interface Knowledge {
  links: { of: string; text: string; id: string | null; candidates: { id: string; kind: string; name: string; score: number }[] }[];
  proposed: { text: string; type: string }[];
  notes: { check: string; note: string; note_zh?: string | null; opinion?: number | null }[];
}
export type KnowledgeKind = "catalogue" | "lexicon";
export interface HeldKnowledge {
  catalogue: { entries: Record<string, number> } | null;
  lexicon: { words: number } | null;
  rejected: number;
  bad: { line: number; column: string; reason: string }[];
}
export interface Side {
  since: string;
  until: string;
  reviews: number;
  opinions: number;
  net: Interval | null;
}
export interface CauseSide {
  opinions: number;
  /** Of all opinions of the period, 0 to 1. */
  share?: number;
  net: Interval | number | null;
}
export interface Cause {
  kind: "mix" | "rate";
  aspect: string | null;
  category: string | null;
  product: string | null;
  source: string | null;
  effect: Interval;
  before: CauseSide;
  after: CauseSide;
  quotes: Opinion[];
}
export interface Changes {
  before: Side | null;
  after: Side | null;
  change: Interval | null;
  significant: boolean;
  volume?: { ratio: Interval | null; difference: Interval; significant: boolean } | null;
  causes: Cause[];
  remainder: number;
}
export interface Page<Item> {
  total: number;
  items: Item[];
}
export interface Hit {
  review: ReviewHead;
  hits: Span[];
  opinions: Opinion[];
}
export interface Pair {
  first: string;
  second: string;
  names?: Name[];
  reviews: number;
  lift: number;
  interval: Interval | null;
}
export interface Upload {
  upload: string;
  name: string;
  size: number;
  columns: string[];
  guess: Record<string, string | string[]>;
  sample: Record<string, string>[];
  sheets: string[];
  rows: number | null;
}
export interface Job {
  id: string;
  name: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  reviews: number;
  opinions: number;
  rejected: number;
  skipped: number | null;
  repeated: number;
  total: number | null;
  created: string;
  finished: string | null;
  error: string | null;
  model: string | null;
}
export interface AspectGroup {
  key: string;
  name?: string;
  names?: Name;
  members: (string | { name: string; opinions?: number })[];
  opinions?: number;
}
/** Keys of things that may be one, for a person to decide. */
export interface AspectProposal {
  names: string[];
  similarity: number;
}
export interface ModelRow {
  name: string;
  version?: string;
  path?: string;
  active?: boolean;
  previous?: boolean;
  [more: string]: unknown;
}
export interface KeyRow {
  id: string;
  name: string;
  scopes: string[];
  created?: string;
  expires?: string | null;
  revoked?: boolean | string | null;
  prefix?: string;
}
export interface Me {
  tenant: string;
  scopes: string[];
  name: string;
}
