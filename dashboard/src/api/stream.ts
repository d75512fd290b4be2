import { call } from "./http";

export interface Told {
  event: string;
  data: string;
}

/** Cuts a stream of server-sent events into events; `push` takes text as it comes. */
export function eventReader(): (text: string) => Told[] {
  let rest = "";
  return (text) => {
    // A line ending that is cut in two waits for its other half.
    rest = (rest + text).replace(/\r\n|\r(?!$)/g, "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const told: Told = { event: "message", data: "" };
      const data: string[] = [];
      for (const line of block.split("\n")) {
        const [field = "", ...more] = line.split(":");
        const value = more.join(":").replace(/^ /, "");
        if (field === "event") told.event = value;
        else if (field === "data") data.push(value);
      }
      return data.length ? [{ ...told, data: data.join("\n") }] : [];
    });
  };
}

/** Follow a stream of events to its end. `EventSource` could not send the key, so it is read by hand. */
export async function follow(path: string, tell: (told: Told) => void, signal?: AbortSignal): Promise<void> {
  const answer = await call(path, { signal });
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const read = eventReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read(value).forEach(tell);
  }
}
