/** What the one who is asking may do, as the server's policy says; the page hides or explains what it would refuse. */

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "./queries";
import type { Identity } from "./schema";

export type ExperimentAction =
  | "experiment.read"
  | "experiment.edit"
  | "experiment.delete"
  | "experiment.share"
  | "trace.read"
  | "trace.ingest"
  | "trace.edit"
  | "trace.delete"
  | "assessment.write"
  | "assessment.delete"
  | "dataset.write"
  | "model.write"
  | "prompt.write"
  | "label_schema.write"
  | "labeling.read"
  | "labeling.write"
  | "labeling.review"
  | "audit.read";
export type ServerAction =
  | "experiment.create"
  | "account.manage"
  | "account.edit_own"
  | "key.manage_own"
  | "server.admin"
  | "server.measure";

/** Whether the server would let them do this within an experiment. */
export function mayIn(me: Identity | undefined, action: ExperimentAction, experimentId: string): boolean {
  const allowed = me?.experiment_actions[action];
  return allowed !== undefined && allowed.experiment_ids.includes(experimentId) !== allowed.all_but;
}

/** Whether the server would let them do this in some experiment. */
export function maySomewhere(me: Identity | undefined, action: ExperimentAction): boolean {
  const allowed = me?.experiment_actions[action];
  return allowed !== undefined && (allowed.all_but || allowed.experiment_ids.length > 0);
}

/** The same within the experiment at hand; false until it is known who is asking. */
export function useMayIn(experimentId: string): (action: ExperimentAction) => boolean {
  const me = useQuery(meQuery);
  return (action) => mayIn(me.data, action, experimentId);
}

/** What they may do to the server itself. */
export function useMay(): (action: ServerAction) => boolean {
  const me = useQuery(meQuery);
  return (action) => me.data?.server_actions.includes(action) ?? false;
}

/** Their role in an experiment, for telling why something is not offered; null without one. */
export function roleIn(me: Identity | undefined, experimentId: string): string | null {
  if (me === undefined) return null;
  return me.role === "admin" ? me.role : (me.roles[experimentId] ?? me.role);
}
