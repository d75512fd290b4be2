/** Hand a file to the reader; nothing leaves the browser. */
export function save(name: string, content: Blob | string, type = "text/csv;charset=utf-8"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[\\/:*?"<>|\s]+/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A data URL of a canvas as a file. */
export function saveImage(name: string, url: string): void {
  const [head = "", data = ""] = url.split(",");
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  save(name, new Blob([bytes], { type: head.slice(5, head.indexOf(";")) }));
}
