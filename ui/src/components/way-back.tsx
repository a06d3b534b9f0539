import { Link, useParams } from "@tanstack/react-router";
import { Problem } from "@/api/client";
import { text } from "@/strings";

/** Where things are listed, by the server's noun of them. */
const LISTS = {
  trace: { to: "/experiments/$experimentId/traces", label: text.nav.traces },
  session: { to: "/experiments/$experimentId/sessions", label: text.nav.sessions },
  run: { to: "/experiments/$experimentId/runs", label: text.nav.runs },
  issue: { to: "/experiments/$experimentId/issues", label: text.issues.title },
  evaluation: { to: "/experiments/$experimentId/evaluations", label: text.nav.evaluations },
  dataset: { to: "/experiments/$experimentId/datasets", label: text.nav.datasets },
  prompt: { to: "/experiments/$experimentId/prompts", label: text.nav.prompts },
  model: { to: "/experiments/$experimentId/models", label: text.nav.models },
  "labeling session": { to: "/experiments/$experimentId/labeling", label: text.nav.labeling },
} as const;

/** Whether an error says that something is not there. */
export function isMissing(error: unknown): error is Problem {
  return error instanceof Problem && error.status === 404 && typeof error.details.noun === "string";
}

/** The way from what is not there to the list of those that are. */
export function WayBack({ problem }: { problem: Problem }) {
  const { experimentId } = useParams({ strict: false });
  const list = LISTS[problem.details.noun as keyof typeof LISTS];
  if (experimentId === undefined || list === undefined)
    return <Link to="/experiments">{text.problem.listOf(text.nav.experiments)}</Link>;
  return (
    <Link to={list.to} params={{ experimentId }}>
      {text.problem.listOf(list.label)}
    </Link>
  );
}
