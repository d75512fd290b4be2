import { ref } from "vue";

/** How many files of the store were missing when the last answer was made of it. */
export const lacking = ref(0);

const READS = /^\/v1\/(summary|breakdown|trends|changes|opinions|search|together|queue|aspects|taxonomy|reviews)/;

/** Note what an answer says of the store; one that reads it and says nothing has seen all of it. */
export function noteStore(path: string, headers: Headers): void {
  const files = Number(headers.get("guandian-incomplete") ?? 0);
  if (files || READS.test(path)) lacking.value = files;
}
