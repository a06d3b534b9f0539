/** Issues: problems that traces show. */

export const issuesTexts = {
  issues: {
    title: "Issues",
    create: "New issue",
    hint: "Problems that traces show, found by people or by tools; the newest first.",
    columns: {
      name: "Issue",
      status: "State",
      severity: "Severity",
      traces: "Traces",
      categories: "Categories",
      created: "Made",
      by: "By",
    },
    showStatus: "State of the issues shown",
    showSeverity: "Severity of the issues shown",
    anyStatus: "Every state",
    anySeverity: "Every severity",
    statuses: { pending: "pending", rejected: "rejected", resolved: "resolved" },
    severities: { high: "high", medium: "medium", low: "low", not_an_issue: "not an issue" },
    noSeverity: "not said",
    empty: "No issues yet",
    emptyHint:
      "An issue says what goes wrong, and judgments on traces say where. Make one here, or beside a trace (a), or with:",
    emptyCode: (experiment: string) =>
      `lodeline issues create -e ${experiment} "answers by heart" "No tool was called."
lodeline issues link -e ${experiment} "answers by heart" --filter "state = 'ERROR'"`,
    noneFound: "No issue is in this state and of this severity",
    id: "Id",
    changedAt: "Changed",
    foundBy: "Found by",
    theRun: "this run",
    description: "What it is",
    edit: "Name or describe it anew",
    saved: (name: string) => `${name} was changed.`,
    causes: "Root causes",
    changed: (name: string, status: string) => `${name}: ${status}.`,
    severityChanged: (name: string, severity: string) => `${name}: severity ${severity}.`,
    traces: "Traces that show it",
    traceColumns: { trace: "Trace", state: "State", why: "Why", request: "What went in", when: "Began" },
    asList: "In the list of traces",
    noTraces: "No judgment on a trace refers to it.",
    unexplained: "no reason given",
    failed: (message: string) => `failed: ${message}`,
    gone: "This issue does not exist, or you may not see it.",
  },
} as const;
