import { describe, expect, it } from "vitest";
import { asColumns, give, guessed } from "@/components/upload/columns";
import type { Upload } from "@/api/types";

const upload = { columns: ["正文", "追评", "商品", "item", "x"], guess: { text: ["正文", "追评"], product: "商品", time: "gone" } } as unknown as Upload;

describe("what the columns of a file are", () => {
  it("is the service's guess at first", () => {
    expect(guessed(upload)).toEqual({ 正文: "text", 追评: "text", 商品: "product", item: "", x: "" });
  });

  it("can be changed: several may be text, of others one takes the place of the other", () => {
    const mapping = give(give(guessed(upload), "item", "product"), "x", "text");
    expect(mapping).toEqual({ 正文: "text", 追评: "text", 商品: "", item: "product", x: "text" });
    expect(asColumns(mapping)).toEqual({ text: ["正文", "追评", "x"], product: "item" });
  });
});
