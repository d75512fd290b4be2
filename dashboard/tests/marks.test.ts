import { describe, expect, it } from "vitest";
import { marksOf, runs } from "@/text/marks";
import type { Opinion } from "@/api/types";

describe("marks over a raw review", () => {
  it("count code points, so that an emoji before a span moves nothing", () => {
    const text = "😍👍🏽屏幕很清晰";
    const cut = runs(text, [{ start: 3, end: 5, kind: "aspect" }, { start: 5, end: 8, kind: "expression" }]);
    expect(cut.map((run) => [run.text, run.kinds])).toEqual([
      ["😍👍🏽", []],
      ["屏幕", ["aspect"]],
      ["很清晰", ["expression"]],
    ]);
  });

  it("may overlap and lie in each other; the pieces are the text again", () => {
    const text = "the screen is bright, but 电池 dies";
    const marks = [
      { start: 0, end: 20, kind: "evidence", owner: "a" },
      { start: 4, end: 10, kind: "aspect", owner: "a" },
      { start: 8, end: 24, kind: "evidence", owner: "b" },
    ];
    const cut = runs(text, marks);
    expect(cut.map((run) => run.text).join("")).toBe(text);
    expect(cut.find((run) => run.text === "en")?.kinds).toEqual(["evidence", "aspect"]);
    expect(cut.find((run) => run.text === "en")?.owners).toEqual(["a", "b"]);
    expect(cut.find((run) => run.text === "screen"[0] + "cre")?.owners).toEqual(["a"]);
  });

  it("that reach beyond the text or are empty cut nothing off", () => {
    expect(runs("好", [{ start: -3, end: 9, kind: "x" }])).toEqual([{ text: "好", kinds: ["x"], owners: [] }]);
    expect(runs("", [{ start: 0, end: 4, kind: "x" }])).toEqual([]);
    expect(runs("ab", [{ start: 1, end: 1, kind: "x" }]).every((run) => run.kinds.length === 0)).toBe(true);
  });

  it("give every mark exactly its own characters, whatever the text", () => {
    const signs = ["a", "屏", "😍", "\u200D", "é", "\n", "👨‍👩‍👧", "𠮷"];
    let seed = 7;
    const next = (most: number) => (seed = (seed * 48271) % 2147483647) % most;
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: next(12) }, () => signs[next(signs.length)]).join("");
      const points = Array.from(text);
      const marks = Array.from({ length: next(5) }, (_, index) => {
        const start = next(points.length + 1);
        return { start, end: start + next(points.length - start + 1), kind: `k${index}` };
      });
      const cut = runs(text, marks);
      expect(cut.map((run) => run.text).join("")).toBe(text);
      for (const mark of marks) {
        const marked = cut.filter((run) => run.kinds.includes(mark.kind)).map((run) => run.text).join("");
        expect(marked).toBe(points.slice(mark.start, mark.end).join(""));
      }
    }
  });

  it("of an opinion have the colour of its polarity, without an aspect too", () => {
    const opinion = { id: "o", aspect: null, expression: { start: 2, end: 3 }, evidence: { start: 0, end: 3 }, polarity: "negative" } as Opinion;
    expect(marksOf(opinion).map((mark) => mark.kind)).toEqual(["evidence", "neg", "expression", "neg"]);
  });
});
