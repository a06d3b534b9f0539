/** The states and severities of issues, in the order in which they are offered, and what they are called. */

import type { Issue } from "@/api/schema";
import { text } from "@/strings";

export const STATUSES: readonly Issue["status"][] = ["pending", "resolved", "rejected"];
export const SEVERITIES: readonly NonNullable<Issue["severity"]>[] = [
  "high",
  "medium",
  "low",
  "not_an_issue",
];

export function severityName(severity: Issue["severity"]): string {
  return severity === null ? text.issues.noSeverity : text.issues.severities[severity];
}
