// The requests of MLflow's TypeScript client: tell of a trace, put its spans, read both back.
const [url, traceId] = process.argv.slice(2);
const base64 = (hex) => Buffer.from(hex, "hex").toString("base64");
const headers = { "Content-Type": "application/json" };

async function ask(method, path, body) {
  const answer = await fetch(url + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return JSON.parse(await answer.text());
}

const info = {
  trace_id: traceId,
  trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "0" } },
  request_time: "2026-09-21T13:33:20.123Z",
  execution_duration: "0.5s",
  state: "OK",
  request_preview: '{"question":"why?"}',
  response_preview: '"because"',
  trace_metadata: {
    "mlflow.trace_schema.version": "3",
    "mlflow.trace.session": "s-1",
    "mlflow.trace.tokenUsage": '{"input_tokens":7,"output_tokens":4,"total_tokens":11}',
  },
  tags: { "mlflow.traceName": "answer" },
  assessments: [],
};
const told = await ask("POST", "/api/3.0/mlflow/traces", JSON.stringify({ trace: { trace_info: info } }));
const span = (id, parent, name, start, end, attributes) => ({
  trace_id: base64(traceId.slice(3)),
  span_id: base64(id),
  parent_span_id: parent === null ? "" : base64(parent),
  name,
  start_time_unix_nano: `@${start}@`,
  end_time_unix_nano: `@${end}@`,
  status: { code: "STATUS_CODE_OK", message: "" },
  attributes: { "mlflow.traceRequestId": JSON.stringify(traceId), ...attributes },
  events: [],
});
const root = "0102030405060708";
const spans = [
  span(root, null, "answer", "1790000000123456789", "1790000000623456789", {
    "mlflow.spanType": '"CHAIN"',
    "mlflow.spanInputs": '{"question":"why?"}',
    "mlflow.spanOutputs": '"because"',
  }),
  span("1112131415161718", root, "model", "1790000000200000000", "1790000000300000000", {
    "mlflow.spanType": '"CHAT_MODEL"',
    "mlflow.chat.tokenUsage": '{"input_tokens":7,"output_tokens":4,"total_tokens":11}',
  }),
];
// Numbers beyond 2^53 go as bare digits, which JSON.stringify cannot write.
const body = JSON.stringify({ spans }).replaceAll(/"@(\d+)@"/g, "$1");
const location = new URL(told.trace.trace_info.tags["mlflow.artifactLocation"]);
const place = `/api/2.0/mlflow-artifacts/artifacts${location.pathname}/traces.json`;
await ask("PUT", place, body);
const found = await ask("GET", `/api/3.0/mlflow/traces/${traceId}`);
if (found.trace.trace_info.trace_id !== traceId) throw new Error("another trace came back");
const data = await ask("GET", place);
console.log(data.spans.map((each) => each.name).join(","));
