import { call } from "@/api/client";
import { jsonText } from "@/lib/jsonnumbers";

/** One JSON document for each trace, a line each: its summary, its assessments, and its whole spans. */
export async function exportTraces(ids: readonly string[], progress: (done: number) => void): Promise<Blob> {
  const lines: string[] = [];
  for (const trace_id of ids) {
    const [detail, spans] = await Promise.all([
      call("get_trace", { trace_id }),
      call("get_spans", { trace_id }),
    ]);
    const { trace, assessments } = detail;
    lines.push(`${jsonText({ trace, assessments, spans })}\n`);
    progress(lines.length);
  }
  return new Blob(lines, { type: "application/x-ndjson" });
}

/** Hands a file to the browser. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
