/** Runs: what was given and measured, also by other tools. */

import { counted } from "./counts";

export const runsTexts = {
  runs: {
    severalNamed: "Several runs have this name; take one by its id:",
    title: "Runs",
    hint: "Everything that ran here and was recorded: runs with params and metrics, evaluations, labeling sessions.",
    filterHint: "metrics.accuracy > 0.9",
    columns: {
      name: "Run",
      kind: "Kind",
      status: "Status",
      metrics: "Metrics",
      params: "Params",
      started: "Started",
      duration: "Duration",
      by: "By",
    },
    kinds: { RUN: "Run", EVALUATION: "Evaluation", LABELING: "Labeling session" },
    statuses: {
      SCHEDULED: "Scheduled",
      RUNNING: "Running",
      FINISHED: "Finished",
      FAILED: "Failed",
      KILLED: "Killed",
    },
    empty: "No runs yet",
    emptyHint: "Evaluations and labeling sessions are runs, and so is whatever an MLflow client starts:",
    emptyCode: (experiment: string) =>
      `import mlflow

mlflow.set_tracking_uri("${window.location.origin}")
mlflow.set_experiment(experiment_id="${experiment}")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)`,
    noneFound: "No run matches",
    id: "Id",
    parent: "Part of",
    traces: "Its traces",
    tags: "Tags",
    inputs: "What went in",
    outputs: "What came out",
    metric: "Metric",
    value: "Latest value",
    step: "Step",
    at: "When",
    history: (key: string) => `${key}, by step`,
    historyByTime: (key: string) => `${key}, by time`,
    logged: "Value",
    notFinite: (count: number) =>
      count === 1
        ? "1 value is no finite number (NaN or infinite), and stands in the table alone."
        : `${count} values are no finite numbers (NaN or infinite), and stand in the table alone.`,
    points: (count: string) => `Points: ${count}`,
    firstPoints: (count: string) => `There are more; these are the first ${count}.`,
    lastListed: (count: string) => `Of these, the table has the last ${count}.`,
    artifacts: "Artifacts",
    file: "File",
    size: "Size",
    above: "The folder above",
    look: "Show",
    lookAt: (name: string) => `Show ${name}`,
    preview: (name: string) => `Preview of ${name}`,
    rowsOf: (name: string) => `Rows of ${name}`,
    closePreview: "Close the preview",
    image: (name: string) => `The picture ${name}`,
    cut: (shown: string) => `The first ${shown}; save the file to see all of it.`,
    cutText: (characters: string) =>
      `The first ${counted(characters, "character", "characters")}; save the file to see all of it.`,
    showAs: "Show it as",
    rendered: "Markdown",
    raw: "as it is written",
    cutTable: (rows: number, columns: number) =>
      `At most the first ${counted(rows, "row", "rows")} and ${counted(columns, "column", "columns")}; save the file to see all of it.`,
    tooLarge: (most: string) => `Pictures of more than ${most} are not shown; save the file to see it.`,
    notShown: "This file is no text in UTF-8 and no PNG, JPEG, GIF or WebP picture; save it to look at it.",
    emptyFile: "The file is empty.",
  },
} as const;
