import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** What looks words up, and the literal that it is given; `counted` has the number before it. */
const CALL = /\b(?:[Ss]ay\(|counted\((?:[^()"'`]|\([^()]*\))*,)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/g;
const VIRTUAL = "virtual:words";

/** The English words that a source shows, as the keys of the catalogue. */
export function wordsShown(source: string): string[] {
  return [...source.matchAll(CALL)].map((call) => (call[1] ?? call[2] ?? "").replace(/\\(["'])/g, "$1"));
}

/** Every source file in a folder that may show words. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(vue|ts)$/.test(name))
    .map((name) => join(folder, name));
}

/**
 * The Chinese of the words that the sources show, by their English.
 *
 * @throws where the catalogue lacks one: it is named.
 */
export function chosenWords(folder: string, catalogueFile: string): Record<string, string> {
  const known = JSON.parse(readFileSync(catalogueFile, "utf8")) as Record<string, string>;
  const shown = new Set(sources(folder).flatMap((file) => wordsShown(readFileSync(file, "utf8"))));
  const missing = [...shown].filter((english) => known[english] === undefined);
  if (missing.length)
    throw new Error(`give these their Chinese in wording/words.zh.json:\n${JSON.stringify(missing, null, 1)}`);
  return Object.fromEntries([...shown].sort().map((english) => [english, known[english] ?? ""]));
}

/** Serves `virtual:words`: of the project's one catalogue what the dashboard shows, and no more. */
export function catalogue(folder: string, catalogueFile: string): Plugin {
  return {
    name: "guandian-words",
    resolveId: (id) => (id === VIRTUAL ? `\0${VIRTUAL}` : undefined),
    load(id) {
      if (id !== `\0${VIRTUAL}`) return undefined;
      this.addWatchFile(catalogueFile);
      return `export default ${JSON.stringify(chosenWords(folder, catalogueFile))}`;
    },
  };
}
