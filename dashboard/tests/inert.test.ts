import { describe, expect, it } from "vitest";
import { inert, shown } from "@/text/inert";

describe("a stranger's text", () => {
  it("keeps what people see, emoji that are joined included", () => {
    for (const text of ["屏幕很清晰 — great!", "a\tb\nc\r\nd", "👨‍👩‍👧 👍🏽 ❤️ 🏳️‍🌈", "עברית", "<b>&amp;</b>"]) expect(inert(text)).toEqual([{ text, hidden: false }]);
  });

  it("shows what turns the direction or has no width by name, and takes it out of the text", () => {
    expect(inert("good\u202Edab")).toEqual([
      { text: "good", hidden: false },
      { text: "U+202E", hidden: true },
      { text: "dab", hidden: false },
    ]);
    expect(shown("a\u200Bb")).toBe("a⟨U+200B⟩b");
    for (const sign of ["\u2066", "\u2069", "\u200F", "\uFEFF", "\u00AD", "\u2060", "\u3164", "\u0000", "\u001B", "\u{E0041}", "\u180E", "\u061C", "\uD800"])
      expect(inert(`x${sign}y`)[1]?.hidden, sign.codePointAt(0)?.toString(16)).toBe(true);
  });

  it("shows a joiner that joins nothing", () => {
    expect(shown("a\u200Db")).toBe("a⟨U+200D⟩b");
  });
});
