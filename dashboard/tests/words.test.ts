import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chosenWords, wordsShown } from "../catalogue/words.ts";
import { counted, language, Say, say, speak } from "@/words";
import { singular } from "@/words/singular";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe("words of the one catalogue", () => {
  it("are found wherever they are looked up", () => {
    const source = `<b>{{ say('it\\'s') }}</b> {{ Say("a, b") }} {{ counted(f(1, 2), "reviews") }} essay("no") {{ counted(row[kind], 'rows [counted]') }}`;
    expect(wordsShown(source)).toEqual(["it's", "a, b", "reviews", "rows [counted]"]);
  });

  it("that are missing stop the build, by name", () => {
    expect(() => chosenWords(here("../src"), here("../package.json"))).toThrow(/words\.zh\.json[\s\S]*what buyers wrote/);
  });

  it("are told in the language that is chosen, and kept for the next visit", () => {
    speak("zh");
    expect(say("net sentiment")).toBe("净情感");
    expect(say("Net sentiment fell by {points} points", { points: 12 })).toBe("净情感下降 12 点");
    expect(counted(1234, "opinions [counted]")).toBe("1,234 个观点");
    expect(document.documentElement.lang).toBe("zh-Hans");
    speak("en");
    expect(language.value).toBe("en");
    expect(localStorage.getItem("guandian.language")).toBe("en");
    expect(Say("net sentiment")).toBe("Net sentiment");
  });

  it("lose what tells their sense apart, and are singular for one thing", () => {
    speak("en");
    expect(say("open [a button]")).toBe("open");
    expect(counted(1, "reviews")).toBe("1 review");
    expect(counted(21, "reviews")).toBe("21 reviews");
    expect(singular("1 categories are shown, 0.1 points, 11 opinions")).toBe("1 category is shown, 0.1 points, 11 opinions");
  });

  it("fill in values as they are: a name is no message", () => {
    speak("en");
    expect(say("from {day}", { day: "{x} @:y | z" })).toBe("from {x} @:y | z");
  });
});
