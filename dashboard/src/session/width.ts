import { ref } from "vue";

const narrow = matchMedia("(max-width: 640px)");

/** Whether the window is as narrow as a telephone. */
export const small = ref(narrow.matches);
narrow.addEventListener("change", () => (small.value = narrow.matches));
