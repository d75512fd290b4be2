import type { Opinion, Span } from "@/api/types";

/** Characters of a raw review to mark, and as what; offsets are code points, half-open. */
export interface Mark extends Span {
  kind: string;
  /** The opinion that it belongs to. */
  owner?: string;
}

/** Characters that are marked alike. */
export interface Run {
  text: string;
  kinds: string[];
  owners: string[];
}

const distinct = (values: string[]) => [...new Set(values)];

/** A text cut wherever a mark begins or ends. Marks may overlap, or reach beyond the text. */
export function runs(text: string, marks: readonly Mark[]): Run[] {
  const signs = Array.from(text);
  const within = (offset: number) => Math.max(0, Math.min(signs.length, offset));
  const cuts = new Set([0, signs.length]);
  for (const mark of marks) cuts.add(within(mark.start)).add(within(mark.end));
  const places = [...cuts].sort((a, b) => a - b);
  const cut: Run[] = [];
  for (let index = 0; index + 1 < places.length; index++) {
    const start = places[index] ?? 0;
    const end = places[index + 1] ?? 0;
    const over = marks.filter((mark) => mark.start < end && mark.end > start);
    cut.push({
      text: signs.slice(start, end).join(""),
      kinds: distinct(over.map((mark) => mark.kind)),
      owners: distinct(over.flatMap((mark) => (mark.owner ? [mark.owner] : []))),
    });
  }
  return cut;
}

const TONES: Record<string, string> = { positive: "pos", negative: "neg", neutral: "neu" };

/** The marks of an opinion: its evidence, expression and aspect, each in the colour of its polarity. */
export function marksOf(opinion: Opinion): Mark[] {
  const tone = TONES[opinion.polarity] ?? "neu";
  const parts: [Span | null, string][] = [
    [opinion.evidence, "evidence"],
    [opinion.expression, "expression"],
    [opinion.aspect, "aspect"],
  ];
  return parts.flatMap(([span, part]) =>
    span ? [{ start: span.start, end: span.end, kind: part, owner: opinion.id }, { start: span.start, end: span.end, kind: tone }] : [],
  );
}

/** An offset in UTF-16 units, as the browser's selection counts, in code points. */
export function codePoints(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}
