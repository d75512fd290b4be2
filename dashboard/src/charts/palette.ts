import { computed } from "vue";
import { theme } from "@/session/theme";

const NAMES = ["page", "card", "sunk", "line", "grid", "edge", "ink", "soft", "faint", "pos", "neg", "neu", "accent", "pos-ink", "neg-ink", "warn", "font"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

/** The page's colours for a canvas, of the theme that is shown. */
export const palette = computed<Palette>(() => {
  void theme.value;
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
});

/** Lines that tell several things apart, other than by good and bad. */
export const HUES = { light: ["#2b5f94", "#b0731a", "#7a4fa0", "#3c7a52"], dark: ["#6ea6dd", "#e0a64a", "#b493dc", "#76bd90"] };
export const hues = computed(() => HUES[theme.value]);

/** A colour of the palette (`#rrggbb`) seen through. */
export function pale(colour: string, alpha: number): string {
  const number = Number.parseInt(colour.slice(1), 16);
  return `rgba(${number >> 16}, ${(number >> 8) & 255}, ${number & 255}, ${alpha})`;
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const moves = () => !calm.matches;
