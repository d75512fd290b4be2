import { createApp, h, nextTick, type Component } from "vue";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import PraiseCard from "@/components/products/PraiseCard.vue";
import MarkedText from "@/components/reviews/MarkedText.vue";
import { shaded, stepOf } from "@/text/effects";
import SpanPicker from "@/components/queue/SpanPicker.vue";
import { i18n, speak } from "@/words";
import { keyIn, takeKey, key } from "@/session/session";

speak("en");
let host: HTMLElement;
function shown(component: Component, props: Record<string, unknown>): HTMLElement {
  host = document.body.appendChild(document.createElement("div"));
  createApp({ render: () => h(component, props) }).use(i18n).mount(host);
  return host;
}
afterEach(() => host?.remove());

describe("a review on the page", () => {
  it("is text alone, whatever stands in it", () => {
    const text = '<img src=x onerror="window.bad=1"><script>window.bad=1</script> {{ 7*7 }} \u202Eevil';
    const element = shown(MarkedText, { text, marks: [{ start: 5, end: 30, kind: "expression" }] });
    expect(element.querySelectorAll("img, script")).toHaveLength(0);
    expect(element.textContent).toBe(text.replace("\u202E", "U+202E"));
    expect(element.querySelector("code")?.textContent).toBe("U+202E");
    expect(element.querySelector("mark")?.textContent).toBe(Array.from(text).slice(5, 30).join(""));
  });

  it("gives the span of code points that the arrow keys reach", async () => {
    const picked: unknown[] = [];
    const marked = { aspect: null, expression: { start: 1, end: 3 } };
    const element = shown(SpanPicker, { text: "😍很好", tone: "pos", marked, part: "expression", onPicked: (span: unknown) => picked.push(span) });
    const box = element.querySelector(".picker") as HTMLElement;
    expect(box.querySelectorAll("[data-at]")).toHaveLength(3);
    for (const init of [{ key: "ArrowLeft" }, { key: "ArrowLeft", shiftKey: true }, { key: "ArrowRight" }]) box.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true }));
    await nextTick();
    expect(picked).toEqual([{ start: 1, end: 2 }, { start: 0, end: 3 }, { start: 1, end: 3 }]);
  });
});

describe("why a review was answered so", () => {
  const effects = [0.6, 0.001, -0.2];
  it("shades the words by what each adds, in steps of the strongest", () => {
    const units = [{ start: 0, end: 2 }, { start: 2, end: 3 }, { start: 3, end: 5 }];
    expect(shaded(units, { value: 0.4, base: 0, effects })).toEqual([
      { start: 0, end: 2, kind: "up4" },
      { start: 3, end: 5, kind: "down2" },
    ]);
    expect(stepOf(0.01, 0.01)).toBe("");
    expect(stepOf(0, 0)).toBe("");
  });
});

describe("what is praised most", () => {
  const row = (key: string, positive: number, negative: number) => {
    const net = (positive - negative) / (positive + negative);
    return { key, name: { zh: key, en: key }, reviews: 20, opinions: positive + negative, positive, neutral: 0, negative, net: { value: net, low: net - 0.1, high: net + 0.1 }, share: null };
  };
  it("is no thing that more complain of, and the other way round", () => {
    const rows = [row("screen", 30, 2), row("teacher", 40, 60), row("box", 5, 5)];
    const names = (["positive", "negative"] as const).map((polarity) => {
      host = document.body.appendChild(document.createElement("div"));
      const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: { render: () => null } }] });
      createApp({ render: () => h(PraiseCard, { title: "x", rows, polarity }) }).use(i18n).use(router).mount(host);
      const shownNames = [...host.querySelectorAll(".name")].map((element) => element.textContent);
      host.remove();
      return shownNames;
    });
    expect(names).toEqual([["screen"], ["teacher"]]);
  });
});

describe("the key", () => {
  it("is taken out of the address and kept for this tab", () => {
    expect(keyIn("#key=gd_live_abc")).toBe("gd_live_abc");
    expect(keyIn("#main")).toBeNull();
    history.replaceState(null, "", "/explore?product=a#key=gd_live_abc");
    takeKey();
    expect(location.hash).toBe("");
    expect(location.search).toBe("?product=a");
    expect(key.value).toBe("gd_live_abc");
    expect(sessionStorage.getItem("guandian.key")).toBe("gd_live_abc");
    expect(localStorage.getItem("guandian.key")).toBeNull();
  });
});
