import type { Upload } from "@/api/types";

/** What a column may be to the service, and whether there may be several. */
export const ROLES = ["text", "id", "product", "brand", "rating", "time", "user", "source"] as const;
export type Role = (typeof ROLES)[number];
export type Mapping = Record<string, Role | "">;

/** Columns by name, with the role that the service guessed. */
export function guessed(upload: Upload): Mapping {
  const mapping: Mapping = Object.fromEntries(upload.columns.map((column) => [column, ""]));
  for (const role of ROLES)
    for (const column of [upload.guess[role] ?? []].flat()) if (column in mapping) mapping[column] = role;
  return mapping;
}

/** Give a column a role; a role that only one column can have leaves the one before. */
export function give(mapping: Mapping, column: string, role: Role | ""): Mapping {
  const next = { ...mapping, [column]: role };
  if (role && role !== "text") for (const other of Object.keys(next)) if (other !== column && next[other] === role) next[other] = "";
  return next;
}

/** The same as the service wants it: roles with their columns. */
export function asColumns(mapping: Mapping): Record<string, string | string[]> {
  const columns: Record<string, string | string[]> = {};
  const texts = Object.keys(mapping).filter((column) => mapping[column] === "text");
  if (texts.length) columns.text = texts;
  for (const [column, role] of Object.entries(mapping)) if (role && role !== "text") columns[role] = column;
  return columns;
}
