import { computed, ref, shallowRef } from "vue";
import { correct, queue, review, undoCorrection } from "@/api/service";
import type { Opinion } from "@/api/types";
import type { Selection } from "@/routing/selection";
import { reasonOf } from "./ask";

const AHEAD = 40;
const LOW = 8;
/** A surer opinion counts as right in the export; one that is less sure keeps its review out of it. */
const TRUSTED = 0.9;

interface Made {
  opinion: Opinion;
  correction: string;
}

/** The uncertain opinions one after another, what is said of them, and how to take it back. */
export function useQueue(selection: () => Selection) {
  const waiting = shallowRef<Opinion[]>([]);
  const made = shallowRef<Made[]>([]);
  const total = ref(0);
  const problem = ref("");
  const busy = ref(false);
  const loaded = ref(false);
  const seen = new Set<string>();
  const began = Date.now();
  const current = computed(() => waiting.value[0] ?? null);
  /** Opinions judged an hour, at the speed so far. */
  const pace = computed(() => Math.round((made.value.length / Math.max(1, Date.now() - began)) * 3_600_000));

  async function load() {
    try {
      const page = await queue(selection(), AHEAD);
      const fresh = page.items.filter((item) => !seen.has(item.id) && !waiting.value.some((each) => each.id === item.id));
      waiting.value = [...waiting.value, ...fresh];
      total.value = page.total;
      problem.value = "";
    } catch (error) {
      problem.value = reasonOf(error);
    }
    loaded.value = true;
  }
  async function restart() {
    waiting.value = [];
    seen.clear();
    loaded.value = false;
    await load();
  }
  const drop = (opinion: Opinion) => {
    seen.add(opinion.id);
    waiting.value = waiting.value.filter((each) => each.id !== opinion.id);
    if (waiting.value.length < LOW) void load();
  };
  /** The other unsure opinions of the same review come next: only a review that is decided is exported. */
  async function siblings(judged: Opinion) {
    const stored = await review(judged.review.id);
    const others = stored.opinions
      .filter((each) => !each.corrected && !seen.has(each.id) && each.confidence < TRUSTED)
      .map((each) => ({ ...each, review: judged.review }));
    const first = new Set(others.map((each) => each.id));
    waiting.value = [...others, ...waiting.value.filter((each) => !first.has(each.id))];
  }
  async function judge(action: "accept" | "reject" | "fix", fields?: Record<string, unknown>) {
    const opinion = current.value;
    if (!opinion || busy.value) return;
    busy.value = true;
    try {
      const { id } = await correct(opinion.id, action, fields);
      problem.value = "";
      seen.add(opinion.id);
      await siblings(opinion);
      made.value = [...made.value, { opinion, correction: id }];
      drop(opinion);
    } catch (error) {
      problem.value = reasonOf(error);
    }
    busy.value = false;
  }
  const skip = () => {
    if (current.value) drop(current.value);
  };
  async function undo() {
    const last = made.value[made.value.length - 1];
    if (!last || busy.value) return;
    busy.value = true;
    try {
      await undoCorrection(last.correction);
      made.value = made.value.slice(0, -1);
      seen.delete(last.opinion.id);
      waiting.value = [last.opinion, ...waiting.value];
    } catch (error) {
      problem.value = reasonOf(error);
    }
    busy.value = false;
  }
  return { current, waiting, made, total, pace, problem, busy, loaded, load, restart, judge, skip, undo };
}
