import { describe, expect, it } from "vitest";
import { moved, putInto, takenOut, type CategoryRow } from "@/components/settings/categories";

const row = (key: string, ...members: string[]): CategoryRow => ({ key, zh: key, en: key, members: members.length ? members : [key], hidden: false });
const names = (key: string) => ({ zh: `${key}-zh`, en: `${key}-en` });
const shape = (rows: readonly CategoryRow[]) => rows.map((each) => `${each.key}:${each.members.join("+")}`);

describe("categories being edited", () => {
  const rows = [row("price"), row("logistics"), row("packaging")];

  it("are moved", () => {
    expect(shape(moved(rows, 2, -1))).toEqual(["price:price", "packaging:packaging", "logistics:logistics"]);
  });

  it("are put together and taken apart, each member once", () => {
    const one = putInto(rows, "packaging", "logistics");
    expect(shape(one)).toEqual(["price:price", "logistics:logistics+packaging"]);
    expect(shape(takenOut(one, "logistics", "packaging", names))).toEqual(["price:price", "logistics:logistics", "packaging:packaging"]);
    const left = takenOut(one, "logistics", "logistics", names);
    expect(shape(left), "a row is called by a member of its own").toEqual(["price:price", "packaging:packaging", "logistics:logistics"]);
    expect(left[2]!.zh).toBe("logistics-zh");
    expect(shape(putInto(rows, "price", "price"))).toEqual(shape(rows));
  });
});
