import type { LocationQuery } from "vue-router";
import type { ChangesOf } from "@/api/service";

const OWN = ["before_since", "before_until", "after_since", "after_until"] as const;
const DAY = /^\d{4}-\d\d-\d\d$/;
export type Ends = Record<(typeof OWN)[number], string>;

/** The two periods that an address names: by four days of one's own, or the last complete week or month. */
export function periodsIn(query: LocationQuery): ChangesOf {
  const days = OWN.map((name) => query[name]);
  if (days.every((value) => typeof value === "string" && DAY.test(value)))
    return Object.fromEntries(OWN.map((name, index) => [name, days[index]])) as unknown as ChangesOf;
  const unit = query.compare === "month" ? "month" : "week";
  // Fifty-two weeks keep the days of the week; a month is held against the same dates.
  return { unit, ...(query.against === "year" ? { offset: unit === "week" ? "52w" : "1y" } : {}) };
}

export const ownEnds = (query: LocationQuery): Ends =>
  Object.fromEntries(OWN.map((name) => [name, typeof query[name] === "string" ? query[name] : ""])) as Ends;

export const OWN_ENDS = OWN;
