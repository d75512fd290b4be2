import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { Problem } from "@/api/http";
import { language } from "@/words";
import { key } from "./session";
import { told } from "./told";

export interface Asked<Answer> {
  answer: ShallowRef<Answer | null>;
  problem: Ref<string>;
  pending: Ref<boolean>;
  again: () => void;
}

/** What was refused, in words for people; how a program sends its key is nothing for them. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Problem)) return String((error as Error)?.message ?? error);
  const remedy = error.status === 401 ? "" : error.remedy;
  return [error.message, remedy].filter(Boolean).join(language.value === "zh" ? "。" : ". ");
}

/**
 * Ask whenever what the question reads changes. The answer before stays until the next one is there,
 * and a question that was overtaken is given up.
 */
export function useAsk<Answer>(question: (signal: AbortSignal) => Promise<Answer> | null, of: () => unknown): Asked<Answer> {
  const answer = shallowRef<Answer | null>(null);
  const problem = ref("");
  const pending = ref(false);
  let running: AbortController | null = null;
  async function again() {
    running?.abort();
    const own = (running = new AbortController());
    const asking = key.value ? question(own.signal) : null;
    if (!asking) {
      pending.value = false;
      answer.value = null;
      return;
    }
    pending.value = true;
    try {
      const given = await asking;
      if (own.signal.aborted) return;
      answer.value = given;
      problem.value = "";
    } catch (error) {
      if (own.signal.aborted) return;
      problem.value = reasonOf(error);
    }
    pending.value = false;
  }
  watch([() => JSON.stringify(of()), told], again, { immediate: true });
  onScopeDispose(() => running?.abort());
  return { answer, problem, pending, again };
}
