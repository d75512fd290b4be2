import { period } from "@/numbers/dates";
import { percent } from "@/numbers/format";
import type { Selection } from "@/routing/selection";
import { categoryName, polarityName } from "@/session/names";
import { shown } from "@/text/inert";
import { language, say } from "@/words";

/** What a language of reviews is called. */
export function languageName(code: string): string {
  if (code === "zh") return say("Chinese");
  if (code === "en") return say("English");
  return code === "mixed" ? say("Chinese and English") : say("another language");
}

/** The parts of a selection in words, each with the fields that it stands for. */
export function partsOf(selection: Selection): { field: keyof Selection; value: string; words: string }[] {
  const list = (field: "product" | "brand" | "source" | "aspect") =>
    selection[field].map((value) => ({ field, value, words: shown(value) }));
  const dates =
    selection.since && selection.until
      ? period(selection.since, selection.until)
      : selection.since
        ? say("from {day}", { day: selection.since })
        : selection.until && say("until {day}", { day: selection.until });
  return [
    ...list("product"), ...list("brand"), ...list("aspect"),
    ...selection.category.map((value) => ({ field: "category" as const, value, words: categoryName(value) })),
    ...(selection.polarity ? [{ field: "polarity" as const, value: selection.polarity, words: polarityName(selection.polarity) }] : []),
    ...list("source"),
    ...selection.language.map((value) => ({ field: "language" as const, value, words: languageName(value) })),
    ...(dates ? [{ field: "since" as const, value: "", words: dates }] : []),
    ...(selection.containing ? [{ field: "containing" as const, value: "", words: `“${shown(selection.containing)}”` }] : []),
    ...(selection.confidence ? [{ field: "confidence" as const, value: "", words: say("confidence from {least}", { least: percent(selection.confidence) }) }] : []),
  ];
}

/** A selection in one line, empty where it is everything. */
export const titleOf = (selection: Selection): string => {
  void language.value;
  return partsOf(selection).map((part) => part.words).join(" · ");
};
