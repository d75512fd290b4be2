import { Say, say } from "@/words";
import type { Channel, Item, State } from "./inbox";

/** What people call what the service tells by a code; an unknown code stands as it is. */
const from = (names: Record<string, string>, code: string) => names[code] ?? code.replace(/_/g, " ");

export const stateName = (state: State) =>
  ({ new: Say("new [an item]"), edited: Say("edited [an item]"), sent: Say("sent [an item]"), handed_over: Say("handed over") })[state];
export const channelName = (channel: Channel) => ({ answer: Say("answer"), public: Say("public reply"), private: Say("private message") })[channel];
export const signName = (code: string) =>
  from({ danger: say("danger"), threat: say("a threat"), deadline: say("a deadline"), again: say("not the first time"), unhappy: say("an unhappy tone"), shouting: say("shouting"), complaint: say("a complaint") }, code);
export const slotName = (code: string) =>
  from(
    {
      order: say("order number"), mobile: say("mobile"), phone: say("phone"), email: say("e-mail"), address: say("address"), name: say("name [of a person]"), parcel: say("parcel number"),
      colour: say("colour"), size: say("size"), amount: say("amount"), date: say("date"), quantity: say("quantity"),
    },
    code,
  );
export const whyName = (code: string) =>
  from({ "nothing to read": say("nothing to read"), "nothing near enough": say("nothing near enough"), "the sources contradict each other": say("the sources contradict each other") }, code);
/** The stars of a review, of five. */
export const stars = ({ about }: Item) => (about.rating === undefined ? "" : `${about.rating} ★${about.scale && about.scale !== 5 ? ` / ${about.scale}` : ""}`);
/** How urgent an item is, as a colour: only what is urgent has one. */
export const urgencyTone = (level: number) => (level >= 0.7 ? "neg" : level >= 0.4 ? "mid" : "neu");
