// Words are written in the plural, as in the project's catalogue; of one thing they are told so.
const IRREGULAR: Record<string, string> = {
  batches: "batch", categories: "category", copies: "copy", matches: "match",
};
const NOUNS =
  "aspects|categories|causes|changes|columns|copies|corrections|days|files|keys|matches|models|names|opinions|" +
  "points|products|ratings|reviews|rows|sources|stars|texts|times|words";
const ONE = new RegExp(`(?<![\\w.,/-])1 ((?:more |new |other )?)(${NOUNS})\\b( have\\b| are\\b| were\\b)?`, "g");
const VERBS: Record<string, string> = { " have": " has", " are": " is", " were": " was" };

/** An English text with one thing in the singular: `1 reviews are read` becomes `1 review is read`. */
export function singular(words: string): string {
  return words.replace(ONE, (_, before: string, noun: string, verb: string | undefined) => {
    const thing = IRREGULAR[noun] ?? noun.slice(0, -1);
    return `1 ${before}${thing}${verb ? VERBS[verb] : ""}`;
  });
}
