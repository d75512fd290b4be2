/** Part of a text: as it stands, or a character that would not be seen, by its name (`U+202E`). */
export interface Piece {
  text: string;
  hidden: boolean;
}

// Directions, zero widths, fillers, tags, and controls other than tab and line feed.
const UNSEEN =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0E\uFEFF\uFFA0\uFFF0-\uFFFB]|[\u{E0000}-\u{E0FFF}]|[\uD800-\uDFFF]/u;
const JOINER = "\u200D";
const BEFORE_JOINER = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]/u;
const AFTER_JOINER = /\p{Extended_Pictographic}/u;

const nameOf = (sign: string) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Whether a character of a text would not be seen; one that joins two emoji is part of them. */
function unseen(signs: string[], index: number): boolean {
  const sign = signs[index] ?? "";
  if (!UNSEEN.test(sign)) return false;
  const joins =
    sign === JOINER && BEFORE_JOINER.test(signs[index - 1] ?? "") && AFTER_JOINER.test(signs[index + 1] ?? "");
  const carriage = sign === "\r" && signs[index + 1] === "\n";
  return !joins && !carriage;
}

/** A stranger's text in pieces, so that what is hidden in it is shown by name and moves nothing. */
export function inert(text: string): Piece[] {
  const signs = Array.from(text);
  const pieces: Piece[] = [];
  signs.forEach((sign, index) => {
    const hidden = unseen(signs, index);
    const last = pieces[pieces.length - 1];
    if (!hidden && last && !last.hidden) last.text += sign;
    else pieces.push({ text: hidden ? nameOf(sign) : sign, hidden });
  });
  return pieces;
}

/** The same as one string, for titles and canvases, where no piece can be marked. */
export function shown(text: string): string {
  return inert(text)
    .map((piece) => (piece.hidden ? `⟨${piece.text}⟩` : piece.text))
    .join("");
}
