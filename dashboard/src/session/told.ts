import { ref } from "vue";

/** Counts what was stored in this tab: whoever shows figures asks for them anew. */
export const told = ref(0);
export const stored = () => {
  told.value++;
};

/** What a screen reader is told next. */
export const announced = ref("");
export const announce = (words: string) => {
  announced.value = words;
};
