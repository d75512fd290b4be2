import { noteStore } from "@/session/incomplete";
import { key, signOut } from "@/session/session";
import { language } from "@/words";

/** Why a call was refused, as the service's problem document says it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
  ) {
    super(detail || title);
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** A query string; what is empty is left out. */
export function queryString(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== "" && each !== null) pairs.append(name, String(each));
  }
  const text = pairs.toString();
  return text && `?${text}`;
}

export interface Call {
  method?: string;
  query?: Query;
  json?: unknown;
  body?: BodyInit;
  signal?: AbortSignal;
  /** Another key than this tab's, to try it. */
  tried?: string;
}

/** One call with this tab's key; what the service refuses is thrown as a `Problem`. */
export async function call(path: string, { method, query, json, body, signal, tried }: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": language.value };
  const bearer = tried ?? key.value;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (body !== undefined) headers["Content-Type"] = "application/octet-stream";
  const answer = await fetch(path + queryString(query ?? {}), {
    method: method ?? (json !== undefined || body !== undefined ? "POST" : "GET"),
    headers,
    body: json === undefined ? body : JSON.stringify(json),
    signal,
    credentials: "omit",
    cache: "no-store",
  });
  noteStore(path, answer.headers);
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  const { title = answer.statusText, detail = "", remedy = "" } = problem;
  if (answer.status === 401 && tried === undefined) signOut(detail || title);
  throw new Problem(answer.status, title, detail, remedy);
}

/** The JSON of an answer. */
export async function ask<Answer>(path: string, options?: Call): Promise<Answer> {
  const answer = await call(path, options);
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}
