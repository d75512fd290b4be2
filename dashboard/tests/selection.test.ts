import { describe, expect, it } from "vitest";
import { queryString } from "@/api/http";
import { addressOf, asked, behind, everything, quotesIn, selectionIn, withoutQuotes } from "@/routing/selection";

describe("a view is an address", () => {
  const selection = {
    ...everything(), product: ["澄屿 N7", "a&b=c"], category: ["service"], polarity: "negative", since: "2026-03-02", until: "2026-04-05",
    containing: "屏幕 \u202E", confidence: 0.35, corrected: false,
  };

  it("that says all of a selection and comes back as the same one", () => {
    expect(selectionIn(addressOf(selection) as never)).toEqual(selection);
    expect(addressOf(everything())).toEqual({});
  });

  it("and reads nothing that is no selection", () => {
    const odd = { polarity: "rude", since: "yesterday", confidence: "9", corrected: "no", product: [null, ""], other: "x" };
    expect(selectionIn(odd as never)).toEqual(everything());
  });

  it("with the quotes behind a number beside it, which narrow the selection", () => {
    const query = behind({ ...addressOf(selection), unit: "week" } as never, { category: ["price"], polarity: "positive" });
    expect(quotesIn(query as never)).toEqual({ ...selection, category: ["price"], polarity: "positive" });
    expect(withoutQuotes(query as never)).toEqual({ ...addressOf(selection), unit: "week" });
    expect(quotesIn(addressOf(selection) as never)).toBeNull();
    expect(quotesIn(behind(query as never, { source: ["app"] }) as never)?.category).toEqual(["service"]);
  });

  it("and asks the service for just that, lists repeated", () => {
    expect(queryString(asked({ ...everything(), product: ["甲", "b&c"] }))).toBe("?product=%E7%94%B2&product=b%26c");
    expect(queryString(asked({ ...everything(), corrected: false, confidence: 0.5 }))).toBe("?confidence=0.5&corrected=false");
  });
});
