import { describe, expect, it } from "vitest";
import { eventReader } from "@/api/stream";

describe("server-sent events", () => {
  const text = ': still there\n\nevent: progress\ndata: {"reviews":3}\n\nevent: end\r\ndata: {"a":\r\ndata: 1}\r\n\r\n';

  it("come out the same, wherever the stream is cut", () => {
    const whole = eventReader()(text);
    expect(whole).toEqual([
      { event: "progress", data: '{"reviews":3}' },
      { event: "end", data: '{"a":\n1}' },
    ]);
    for (let size = 1; size < 9; size++) {
      const read = eventReader();
      const got = [];
      for (let at = 0; at < text.length; at += size) got.push(...read(text.slice(at, at + size)));
      expect(got, `in pieces of ${size}`).toEqual(whole);
    }
  });

  it("are not told before they are whole", () => {
    const read = eventReader();
    expect(read("event: progress\ndata: 1\n")).toEqual([]);
    expect(read("\n")).toEqual([{ event: "progress", data: "1" }]);
  });
});
