import { palette } from "./palette";

/** A tooltip as elements: names in it are strangers' words, and the policy forbids inline styles. */
export function tip(title: string, lines: readonly string[]): HTMLElement {
  const box = document.createElement("div");
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const line of lines) {
    const row = document.createElement("div");
    row.textContent = line;
    box.append(row);
  }
  return box;
}

/** What every tooltip shares; confined, so that it has no arrow (which would be inline style). */
export const tooltip = () => ({
  confine: true,
  backgroundColor: palette.value.ink,
  borderWidth: 0,
  padding: [8, 12],
  transitionDuration: 0,
  textStyle: { color: palette.value.card, fontSize: 12.5, fontFamily: palette.value.font, lineHeight: 18 },
});

export const words = (size = 12) => ({ color: palette.value.faint, fontSize: size, fontFamily: palette.value.font });

/** A long name without its middle: names of products often differ at their end. */
export function brief(name: string, most = 22): string {
  const signs = Array.from(name);
  const half = Math.floor((most - 1) / 2);
  return signs.length > most ? `${signs.slice(0, half).join("")}…${signs.slice(-half).join("")}` : name;
}
