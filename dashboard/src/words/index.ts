export { Say, counted, firstLanguage, i18n, language, named, say, speak } from "./words";
export type { Language } from "./words";
