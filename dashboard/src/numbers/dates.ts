import { language, say } from "@/words";

const DAY = 86_400_000;
const at = (day: string) => Date.parse(`${day.slice(0, 10)}T00:00Z`);

/** A day moved by so many days, both as `2026-03-02`. */
export const moved = (day: string, days: number) => new Date(at(day) + days * DAY).toISOString().slice(0, 10);

/** How many days from the first to the last, both counted. */
export const daysIn = (since: string, until: string) => Math.round((at(until) - at(since)) / DAY) + 1;

/** A day as people write it, with its year where it is asked for. */
export function day(value: string, year = false): string {
  const shape: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language.value, year ? { ...shape, year: "numeric" } : shape).format(at(value));
}

/** The beginning of an hour as the shop's clocks show it. */
export const hour = (value: string) => value.slice(0, 16).replace("T", " ");

const yearOf = (day: string) => day.slice(0, 4);

/** A period by its first and its last day. */
export function period(since: string, until: string): string {
  if (since.includes("T")) return hour(since);
  const days = daysIn(since, until);
  if (days === 1) return day(since, true);
  if (since.endsWith("-01") && moved(until, 1).endsWith("-01") && days <= 31)
    return new Intl.DateTimeFormat(language.value, { month: "long", year: "numeric", timeZone: "UTC" }).format(at(since));
  return say("{first} to {last}", { first: day(since, yearOf(since) !== yearOf(until) || language.value === "zh"), last: day(until, yearOf(since) !== yearOf(until) || language.value === "en") });
}

/** The label of a period on an axis. */
export function tick(start: string, unit: string): string {
  if (unit === "year") return start.slice(0, 4);
  if (unit === "month")
    return new Intl.DateTimeFormat(language.value, { month: "short", year: "2-digit", timeZone: "UTC" }).format(at(start));
  return unit === "hour" ? hour(start).slice(5) : day(start);
}

/** A moment in the reader's own zone. */
export function moment(value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return value;
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(time);
}
