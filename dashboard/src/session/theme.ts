import { ref } from "vue";

export type Theme = "light" | "dark";
const KEPT = "guandian.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const first = (): Theme => {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : dark.matches ? "dark" : "light";
};

export const theme = ref<Theme>(first());

const show = () => (document.documentElement.dataset.theme = theme.value);

/** Show the theme that was chosen, or else the system's, as long as it changes. */
export function followTheme(): void {
  show();
  dark.addEventListener("change", () => {
    theme.value = first();
    show();
  });
}

export function chooseTheme(wanted: Theme): void {
  theme.value = wanted;
  localStorage.setItem(KEPT, wanted);
  show();
}
