import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "@/api/http";
import { lacking } from "@/session/incomplete";

const answers = (files: string | null) =>
  vi.stubGlobal("fetch", async () => new Response("{}", { headers: files === null ? {} : { "Guandian-Incomplete": files } }));

describe("a store with missing parts", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is known from the first answer on, until one has seen all of it", async () => {
    answers("3");
    await ask("/v1/trends");
    expect(lacking.value).toBe(3);
    answers(null);
    await ask("/v1/me");
    expect(lacking.value, "this one was not made of the store").toBe(3);
    await ask("/v1/summary");
    expect(lacking.value).toBe(0);
  });
});
