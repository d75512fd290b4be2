import { computed } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import { addressOf, fieldsIn, LISTS, selectionIn, TEXTS, type Selection } from "./selection";

const OWN = new Set<string>([...LISTS, ...TEXTS, "confidence", "corrected"]);

/** The selection of the view, which stands in its address, and how to change it. */
export function useView() {
  const route = useRoute();
  const router = useRouter();
  const selection = computed(() => selectionIn(route.query));
  const others = () => Object.fromEntries(Object.entries(route.query).filter(([name]) => !OWN.has(name))) as LocationQueryRaw;
  /** Change fields of the selection; a step that is one movement (a slider) replaces the one before. */
  function change(fields: Partial<Selection>, replace = false) {
    const query = { ...others(), ...addressOf({ ...selection.value, ...fields }) };
    return replace ? router.replace({ query }) : router.push({ query });
  }
  /** A parameter of the page's own, beside the selection. */
  const own = (name: string, otherwise = "") => computed({
    get: () => (typeof route.query[name] === "string" ? route.query[name] : otherwise),
    set: (value) => void router.push({ query: { ...route.query, [name]: value === otherwise ? undefined : value } }),
  });
  const clear = () => router.push({ query: { ...others(), ...addressOf({ corrected: selection.value.corrected }) } });
  const narrowed = computed(() => Object.keys(fieldsIn(route.query)).some((name) => name !== "corrected"));
  return { selection, change, clear, narrowed, own };
}
