import type { Category, Name } from "@/api/types";

/** A category as it is being edited. */
export interface CategoryRow {
  key: string;
  zh: string;
  en: string;
  members: string[];
  hidden: boolean;
}

export const rowsOf = (categories: readonly Category[]): CategoryRow[] =>
  categories.map(({ key, name, members, hidden }) => ({ key, zh: name.zh, en: name.en, members: members.map((member) => member.key), hidden }));

/** What is sent. */
export const plain = (rows: readonly CategoryRow[]): CategoryRow[] =>
  rows.map(({ key, zh, en, members, hidden }) => ({ key, zh: zh.trim(), en: en.trim(), members: [...members], hidden }));

/** One row up (-1) or down (1). */
export function moved(rows: readonly CategoryRow[], at: number, by: number): CategoryRow[] {
  const next = [...rows];
  const [row] = next.splice(at, 1);
  if (row) next.splice(at + by, 0, row);
  return next;
}

/** A row's members stand under another one. */
export function putInto(rows: readonly CategoryRow[], key: string, target: string): CategoryRow[] {
  const row = rows.find((each) => each.key === key);
  if (!row || key === target || !rows.some((each) => each.key === target)) return [...rows];
  return rows.filter((each) => each !== row).map((each) => (each.key === target ? { ...each, members: [...each.members, ...row.members] } : each));
}

/** A member is a row of its own again, right behind; a row is called by a member that is still in it. */
export function takenOut(rows: readonly CategoryRow[], key: string, member: string, nameOf: (key: string) => Name): CategoryRow[] {
  return rows.flatMap((row) => {
    if (row.key !== key || row.members.length < 2) return [row];
    const members = row.members.filter((each) => each !== member);
    const own = { key: member, ...nameOf(member), members: [member], hidden: false };
    return [{ ...row, key: key === member ? members[0]! : key, members }, own];
  });
}
