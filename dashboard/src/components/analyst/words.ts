import { say } from "@/words";

/** What a call of the closed set does, in words; an unknown one stands as it is. */
export const toolName = (tool: string) =>
  ({
    volume: say("how many reviews and opinions"), net: say("net sentiment"), share: say("told apart"), trend: say("over time"),
    compare: say("side by side"), changes: say("what changed"), quotes: say("what buyers wrote"), search: say("reviews that hold words"),
  })[tool] ?? tool;

/** What numbers are told apart by. */
export const byName = (by: string) =>
  ({ aspect: say("aspect"), category: say("category"), product: say("product"), brand: say("brand"), source: say("source"), language: say("language of the review") })[by] ?? by;
