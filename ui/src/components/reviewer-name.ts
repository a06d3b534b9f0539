/** Who reviews: whoever is signed in, or where nobody signs in the name that this browser remembers. */

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";

export const REMEMBERED_REVIEWER = "reviewer";
export const MOST_REVIEWER_NAME = 250;

export function isReviewerName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MOST_REVIEWER_NAME;
}

/** Whether somebody is signed in; undefined until that is known. */
export function useSignedIn(): boolean | undefined {
  const me = useQuery(meQuery);
  if (me.data === undefined) return undefined;
  return me.data.kind !== "local" && me.data.kind !== "system";
}
