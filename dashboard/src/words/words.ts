import catalogue from "virtual:words";
import { createI18n } from "vue-i18n";
import { singular } from "./singular";

export type Language = "zh" | "en";
export type Values = Record<string, string | number>;

const KEPT = "guandian.language";
const SENSE = / \[[^\]]*\]$/;

/** A catalogue's text as a message of vue-i18n: `{name}` is filled in, all else stands as it is. */
const message = (text: string) => text.replace(/[@|]/g, (sign) => `{'${sign}'}`);

/** The language to open in: the one chosen before, else the browser's. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

const rows = Object.entries(catalogue);
const messages = {
  zh: Object.fromEntries(rows.map(([english, chinese]) => [english, message(chinese)])),
  en: Object.fromEntries(rows.map(([english]) => [english, message(english.replace(SENSE, ""))])),
};

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage(),
  fallbackLocale: "en",
  messages,
  // Keys are sentences: a full stop in one is no path.
  messageResolver: (texts, key) => (texts as Record<string, string>)[key] ?? null,
});

export const language = i18n.global.locale;

/** Words of the catalogue by their English, in the language that is shown; `{name}` takes a value. */
export function say(english: string, values: Values = {}): string {
  const words = i18n.global.t(english, values);
  return language.value === "en" ? singular(words) : words;
}

/** The same at the beginning of a line, with a capital where the language has them. */
export function Say(english: string, values: Values = {}): string {
  const words = say(english, values);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A number and what it counts (in the plural). */
export function counted(number: number, english: string): string {
  const before = number.toLocaleString(language.value);
  return language.value === "en"
    ? singular(`${before} ${i18n.global.t(english)}`)
    : `${before} ${i18n.global.t(english)}`;
}

/** A name that comes in both languages. */
export function named(name: { zh: string; en: string }): string {
  return name[language.value] || name.zh || name.en;
}

/** Change the language, for the next visits too. */
export function speak(wanted: Language): void {
  language.value = wanted;
  localStorage.setItem(KEPT, wanted);
  document.documentElement.lang = wanted === "zh" ? "zh-Hans" : "en";
}
