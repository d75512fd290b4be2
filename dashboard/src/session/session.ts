import { computed, ref } from "vue";

const KEPT = "guandian.key";
const held = ref(sessionStorage.getItem(KEPT) ?? "");

/** The key of this tab, empty where there is none. It is kept until the tab closes. */
export const key = computed(() => held.value);

export function signIn(wanted: string): void {
  held.value = wanted.trim();
  sessionStorage.setItem(KEPT, held.value);
}

/** Why the key was given up, where the service refused it. */
export const refusal = ref("");

export function signOut(why = ""): void {
  refusal.value = why;
  held.value = "";
  sessionStorage.removeItem(KEPT);
}

/** The key in an address's fragment (`#key=gd_live_...`), None where it holds none. */
export function keyIn(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("key");
}

/** Take the key out of the address: it must not stand in the history or be copied with a view. */
export function takeKey(): void {
  const found = keyIn(location.hash);
  if (!found) return;
  signIn(found);
  history.replaceState(history.state, "", location.pathname + location.search);
}
