/** Links that MLflow's clients print: places of MLflow's own page, behind a #, and what is here in their stead. */

/** No experiment's id or name is longer. */
const LONGEST_NAME = 500;

/** The address of this page for what stands behind the # of a link; null when it is no such link. */
export function addressOfLink(hash: string): string | null {
  const given = hash.replace(/^#/, "");
  if (!given.startsWith("/experiments")) return null;
  const [path = "", query = ""] = given.split("?", 2);
  const [, , experiment, part, id] = path.split("/").map(decoded);
  if (experiment === undefined || experiment === "" || experiment.length > LONGEST_NAME)
    return "/experiments";
  const search = new URLSearchParams(query);
  const here = `/experiments/${encodeURIComponent(experiment)}`;
  const run = part === "runs" ? id : search.get("selectedRunUuid");
  if (run) return `${here}/runs?${new URLSearchParams({ run })}`;
  const trace = search.get("selectedEvaluationId") ?? search.get("selectedTraceId");
  if (trace) return `${here}/traces/${encodeURIComponent(trace)}`;
  if (part === "models" && id) return `${here}/models?${new URLSearchParams({ model: id })}`;
  const known: Record<string, string> = {
    traces: "traces",
    runs: "runs",
    "evaluation-runs": "runs",
    "chat-sessions": "sessions",
    datasets: "datasets",
    models: "models",
    prompts: "prompts",
    judges: "scorers",
  };
  const page = part === undefined ? undefined : known[part];
  return page === undefined ? here : `${here}/${page}`;
}

/** Links come from anywhere: a broken escape is left as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
