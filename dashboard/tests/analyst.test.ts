import { createApp, h, type Component } from "vue";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import AnswerCard from "@/components/analyst/AnswerCard.vue";
import { callShown, selectionOf, type QuestionAnswer } from "@/components/analyst/analyst";
import PointCard from "@/components/analyst/PointCard.vue";
import { clock } from "@/components/media/media";
import ItemCard from "@/components/recommend/ItemCard.vue";
import { citing, reviewIn, withoutReview } from "@/routing/selection";
import { i18n, speak } from "@/words";

speak("en");
let host: HTMLElement;
async function shown(component: Component, props: Record<string, unknown>): Promise<HTMLElement> {
  host = document.body.appendChild(document.createElement("div"));
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component }] });
  createApp({ render: () => h(component, props) }).use(i18n).use(router).mount(host);
  await router.isReady();
  return host;
}
afterEach(() => host?.remove());

const EVIL = '<img src=x onerror="window.bad=1">\u202E';
const quote = { review: "r 1&x", start: 3, end: 7, text: EVIL, product: null, source: null, time: null };
const answer = (more: Partial<QuestionAnswer>): QuestionAnswer => ({
  question: "What?", planner: "rules", call: null, refusal: null, rows: [], quotes: [], remarks: [], ...more,
});

describe("a citation", () => {
  it("opens the review with its words, and closes without a trace", () => {
    const query = { product: "A", quotes: "open" };
    const opened = citing(query, "r 1&x", { start: 3, end: 7 });
    expect(reviewIn(opened as never)).toEqual({ id: "r 1&x", words: { start: 3, end: 7 } });
    expect(withoutReview(opened as never)).toEqual(query);
    expect(reviewIn({ review: "r", at: "7-x" })).toEqual({ id: "r", words: null });
    expect(reviewIn({ at: "1-2" })).toBeNull();
  });

  it("is text alone, whatever stands in it", async () => {
    const point = { key: "屏幕", name: { zh: "屏幕", en: "screen" }, polarity: "negative", reviews: 1, opinions: 1, share: { value: 0.02, low: 0.01, high: 0.04 }, quotes: [quote] };
    const element = await shown(PointCard, { point, by: "aspect", reach: 0.04 });
    expect(element.querySelectorAll("img")).toHaveLength(0);
    expect(element.querySelector("q")?.textContent).toContain("U+202E");
    expect(element.textContent).toContain("in 1 review");
    expect((element.querySelector(".bar") as HTMLElement).style.width).toBe("50.00%");
  });
});

describe("the answer to a question", () => {
  const call = { tool: "share", products: ["Kite 14"], polarity: "negative" as const, by: "aspect" };
  it("shows its query, its numbers with intervals and its words", async () => {
    const rows = [{ name: { zh: "电池", en: "battery" }, reviews: 12, opinions: 13, net: null, share: { value: 0.2, low: 0.1, high: 0.31 } }];
    const element = await shown(AnswerCard, { answer: answer({ call, rows, quotes: [quote] }) });
    expect(element.querySelector("code")?.textContent).toBe("share(products=Kite 14; polarity=negative; by=aspect)");
    expect(element.querySelector("tr")?.textContent).toMatch(/battery.*20%.*10% … 31%.*12 reviews · 13 opinions/s);
    expect(selectionOf(call)).toMatchObject({ product: ["Kite 14"], polarity: "negative", category: [] });
    expect(callShown({ tool: "net" })).toBe("net()");
    expect(element.querySelectorAll("img")).toHaveLength(0);
  });

  it("says why there is none, and which names there are", async () => {
    const refusal = { kind: "unknown", words: "x", reason: { zh: "没有", en: "nothing goes by the name of x" }, exists: { product: ["Kite 14"], brand: [] } };
    const element = await shown(AnswerCard, { answer: answer({ refusal }) });
    expect(element.querySelector("code, table")).toBeNull();
    expect(element.textContent).toMatch(/nothing goes by the name of x.*Kite 14/s);
  });
});

describe("a recommended item", () => {
  it("says once what is praised, and complaints where they have words of their own", async () => {
    const praised = { aspect: "screen", praise: 8, complaints: 1, quotes: [] };
    const element = await shown(ItemCard, {
      row: { rank: 1, item: "i7", title: EVIL, score: 1, reason: { praised: [praised], blamed: [{ ...praised }, { aspect: "smell", praise: 0, complaints: 2, quotes: [quote] }], because: ["i4"], popular: 3 } },
    });
    const reasons = [...element.querySelectorAll(".reason")].map((each) => each.textContent);
    expect(reasons).toHaveLength(2);
    expect(reasons[0]).toContain("praised in 8 reviews, criticised in 1");
    expect(reasons[1]).toContain("others complain: 2 reviews");
    expect(element.querySelectorAll("img")).toHaveLength(0);
  });
});

describe("a moment of a recording", () => {
  it("is told in minutes and tenths of seconds", () => {
    expect([0, 2640, 59_960, 64_200].map(clock)).toEqual(["0:00.0", "0:02.6", "1:00.0", "1:04.2"]);
  });
});
