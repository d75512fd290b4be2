import { asked, type Selection } from "@/routing/selection";
import { ask, call } from "./http";
import { follow } from "./stream";
import type {
  AspectGroup, AspectProposal, Changes, Explained, HeldKnowledge, Hit, Job, KeyRow, KnowledgeKind, Me, ModelRow, Opinion, Page, Pair, Policy, Row, StoredReview, Summary, Taxonomy, Trend, Upload,
} from "./types";

export interface PageOf {
  limit: number;
  offset: number;
}
export interface ChangesOf {
  unit?: string;
  offset?: string;
  before_since?: string;
  before_until?: string;
  after_since?: string;
  after_until?: string;
}

const id = encodeURIComponent;

export const tryKey = (key: string) => ask<Me>("/v1/me", { tried: key });
export const me = (signal?: AbortSignal) => ask<Me>("/v1/me", { signal });

// ---- figures
export const summary = (of: Selection, signal?: AbortSignal) => ask<Summary>("/v1/summary", { query: asked(of), signal });
export const breakdown = (of: Selection, by: string, limit: number, signal?: AbortSignal) =>
  ask<{ rows: Row[] }>("/v1/breakdown", { query: { ...asked(of), by, limit }, signal }).then((answer) => answer.rows);
export const trends = (of: Selection, unit: string, by: "category" | "none", signal?: AbortSignal) =>
  ask<Trend>("/v1/trends", { query: { ...asked(of), unit, by }, signal });
export const changes = (of: Selection, periods: ChangesOf, signal?: AbortSignal) =>
  ask<Changes>("/v1/changes", { query: { ...asked(of), ...periods }, signal });
export const together = (of: Selection, signal?: AbortSignal) =>
  ask<{ pairs: Pair[] }>("/v1/together", { query: { ...asked(of), limit: 100 }, signal }).then((answer) => answer.pairs.filter((pair) => (pair.interval?.low ?? 0) > 1));

// ---- reviews
export const opinions = (of: Selection, order: string, page: PageOf, signal?: AbortSignal) =>
  ask<Page<Opinion>>("/v1/opinions", { query: { ...asked(of), order, ...page }, signal });
export const search = (of: Selection, words: string, page: PageOf, signal?: AbortSignal) =>
  ask<Page<Hit>>("/v1/search", { query: { ...asked(of), words, ...page }, signal });
export const review = (name: string, signal?: AbortSignal) => ask<StoredReview>(`/v1/reviews/${id(name)}`, { signal });
export const explain = (text: string, signal?: AbortSignal) => ask<Explained>("/v1/explain", { json: { text }, signal });
export const deleteReview = (name: string) => ask<void>(`/v1/reviews/${id(name)}`, { method: "DELETE" });

// ---- files and jobs
export const upload = (file: File, signal?: AbortSignal) =>
  ask<Upload>("/v1/uploads", { query: { name: file.name }, body: file, signal });
export interface JobAsks {
  upload: string;
  columns: Record<string, string | string[]>;
  sheet?: string;
  masking?: string;
  precision?: number;
  precision_of?: string;
  unlike?: string;
}
export const startJob = (asks: JobAsks) =>
  ask<{ job: Job }>("/v1/jobs", { json: asks }).then((answer) => answer.job);
export const jobs = (signal?: AbortSignal) =>
  ask<Page<Job> | { jobs: Job[] }>("/v1/jobs", { signal }).then((answer) => ("items" in answer ? answer.items : answer.jobs));
export const cancelJob = (name: string) => ask<void>(`/v1/jobs/${id(name)}`, { method: "DELETE" });
export const rejects = (name: string) => call(`/v1/jobs/${id(name)}/rejects`).then((answer) => answer.blob());
export const followJob = (name: string, tell: (job: Job) => void, signal?: AbortSignal) =>
  follow(`/v1/jobs/${id(name)}/events`, (told) => tell(JSON.parse(told.data) as Job), signal);

// ---- corrections
export const queue = (of: Selection, limit: number, signal?: AbortSignal) =>
  ask<Page<Opinion>>("/v1/queue", { query: { ...asked(of), limit }, signal });
export const correct = (opinion: string, action: string, fields?: Record<string, unknown>) =>
  ask<{ correction: { id: string } }>("/v1/corrections", { json: { opinion, action, ...(fields ? { opinion_fields: fields } : {}) } }).then(
    (answer) => answer.correction,
  );
export const undoCorrection = (name: string) => ask<void>(`/v1/corrections/${id(name)}`, { method: "DELETE" });
export const corrections = () =>
  call("/v1/corrections/export").then(async (answer) => ({
    lines: await answer.blob(),
    undecided: Number(answer.headers.get("guandian-undecided") ?? 0),
  }));

// ---- what two people decide
export const policies = (signal?: AbortSignal) => ask<{ items: Policy[] }>("/v1/policies", { query: { limit: 50 }, signal }).then((answer) => answer.items);
export const propose = (asks: Record<string, unknown>) => ask<{ policy: Policy }>("/v1/policies", { json: asks });
export const decide = (name: string, act: "approve" | "refuse") => ask<{ policy: Policy }>(`/v1/policies/${id(name)}/${act}`, { method: "POST" });

// ---- catalogue and lexicon
export const heldKnowledge = (signal?: AbortSignal) => ask<HeldKnowledge>("/v1/knowledge", { signal });
export const putKnowledge = (kind: KnowledgeKind, file: File) =>
  ask<HeldKnowledge>(`/v1/knowledge/${kind}`, { method: "PUT", query: { name: file.name }, body: file });
export const dropKnowledge = (kind: KnowledgeKind) => ask<HeldKnowledge>(`/v1/knowledge/${kind}`, { method: "DELETE" });

// ---- categories, names of aspects, models, keys
export const taxonomy = (signal?: AbortSignal) => ask<Taxonomy>("/v1/taxonomy", { signal });
export const saveTaxonomy = (categories: readonly object[]) => ask<Taxonomy>("/v1/taxonomy", { method: "PUT", json: { categories } });
export const taxonomyFile = () => call("/v1/taxonomy/export").then((answer) => answer.blob());
export const aspects = (signal?: AbortSignal) =>
  ask<{ aspects: AspectGroup[]; proposals?: AspectProposal[] }>("/v1/aspects", { signal });
export const changeAspects = (asks: Record<string, unknown>) => ask<unknown>("/v1/aspects", { json: asks });
export const undoAspects = () => ask<unknown>("/v1/aspects/undo", { method: "POST" });
export const models = (signal?: AbortSignal) => ask<{ models: ModelRow[] }>("/v1/models", { signal }).then((answer) => answer.models);
export const loadModel = (path: string) => ask<unknown>("/v1/models", { json: { path } });
export const rollBack = () => ask<unknown>("/v1/models/rollback", { method: "POST" });
export const keys = (signal?: AbortSignal) => ask<{ keys: KeyRow[] }>("/v1/keys", { signal }).then((answer) => answer.keys);
export const createKey = (asks: { name: string; scopes: string[]; expires?: string }) => ask<{ key: string }>("/v1/keys", { json: asks });
export const rotateKey = (name: string) => ask<{ key: string }>(`/v1/keys/${id(name)}/rotate`, { method: "POST" });
export const revokeKey = (name: string) => ask<void>(`/v1/keys/${id(name)}`, { method: "DELETE" });
