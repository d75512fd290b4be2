import { describe, expect, it } from "vitest";
import { csv } from "@/files/csv";

const line = (...cells: Parameters<typeof csv>[1][number]) => csv(["h"], [cells]).split("\r\n")[1];

describe("rows for spreadsheets", () => {
  it("begin with a mark of UTF-8 and end every line as Excel does", () => {
    expect(csv(["类别", "net"], [["屏幕", 0.5]])).toBe("\uFEFF类别,net\r\n屏幕,0.5\r\n");
  });

  it("never run a text as a formula", () => {
    expect(line("=1+1", "+49 x", "-x", "@sum", " =1", "\t=1")).toBe("'=1+1,'+49 x,'-x,'@sum,' =1,'\t=1");
  });

  it("keep negative numbers as numbers, and texts that are numbers too", () => {
    expect(line(-0.25, "-3.5", -12, "1e5", "--1")).toBe("-0.25,-3.5,-12,1e5,'--1");
  });

  it("quote commas, quotes and line breaks, and leave nothing for what is not there", () => {
    expect(line('a "b", c', "x\ny", null, undefined, NaN)).toBe('"a ""b"", c","x\ny",,,');
  });
});
