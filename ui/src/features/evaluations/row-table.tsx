import { SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useCallback, useMemo } from "react";
import type { Evaluation, EvaluationRow, Trace } from "@/api/schema";
import { Duration, Usd } from "@/components/figures";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { SafeText } from "@/components/safe-text";
import { usePreviews } from "@/components/use-previews";
import { exactNumber, finite, MISSING, oneLine } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { jsonLine } from "@/lib/preview";
import { isFailure, scoreNumber } from "@/lib/scores";
import { text } from "@/strings";
import { ErrorList } from "./error-list";
import classes from "./evaluations.module.css";
import { programError, scoreError } from "./row-errors";
import { RowPanel, ScoreValue } from "./row-panel";
import { type Expectations, useExpected } from "./use-expected";
import { type Rows, rowId, scoreOf } from "./use-rows";

const t = text.evaluation;
export type Shown = keyof typeof t.shown;

interface RowTableProps {
  evaluation: Evaluation;
  rows: Rows;
  shown: Shown;
  order: string;
  find: string;
  /** The row whose details are open. */
  opened: string | undefined;
  onChange: (next: { show?: string; order?: string; row?: string; find?: string }) => void;
}

/** The rows of an evaluation with their scores: filtered, sorted, and one of them open beside the list. */
export function RowTable({ evaluation, rows, shown, order, find, opened, onChange }: RowTableProps) {
  const experimentId = evaluation.run.experiment_id;
  const items = useMemo(
    () => sorted(chosenRows(rows.items, evaluation, shown, find), order),
    [rows.items, evaluation, shown, find, order],
  );
  const traceIds = useMemo(() => items.map((row) => row.trace_id), [items]);
  const { previewOf, onSight: previewsInSight } = usePreviews(experimentId, traceIds);
  const { expectedOf, onSight: expectedInSight } = useExpected(experimentId, evaluation.bindings, items);
  const onSight = useCallback(
    (first: number, last: number) => {
      previewsInSight(first, last);
      expectedInSight(first, last);
    },
    [previewsInSight, expectedInSight],
  );
  const open = rows.items.find((row) => rowId(row) === opened);
  const count = exactNumber(rows.items.length);
  const foot = rows.loading
    ? t.loadingRows(count)
    : rows.complete
      ? t.allRows(exactNumber(items.length))
      : t.firstRows(count);
  return (
    <>
      <div className={classes.tools}>
        <h2>
          {t.rows} <span className="dim num">{exactNumber(items.length)}</span>
        </h2>
        <TextInput
          className={classes.find}
          type="search"
          aria-label={t.find}
          placeholder={t.find}
          leftSection={<IconSearch size={14} aria-hidden />}
          value={find}
          onChange={(event) => onChange({ find: event.currentTarget.value || undefined })}
        />
        <Tooltip label={t.shownHint} multiline maw={320}>
          <SegmentedControl
            aria-label={t.show}
            data={Object.entries(t.shown).map(([value, label]) => ({ value, label }))}
            value={shown}
            onChange={(value) => onChange({ show: value === "all" ? undefined : value })}
          />
        </Tooltip>
      </div>
      {shown === "errors" && (
        <ErrorList rows={rows.items} find={find} onFind={(words) => onChange({ find: words })} />
      )}
      <div className={classes.body}>
        <GridTable
          label={t.rows}
          columns={columnsOf(evaluation.scorers, rows.items, previewOf, expectedOf)}
          items={items}
          keyOf={rowId}
          opened={opened}
          onOpen={(row) => onChange({ row: row === undefined ? undefined : rowId(row) })}
          order={order}
          onOrder={(next) => onChange({ order: next || undefined })}
          foot={items.length === 0 && !rows.loading && !rows.pending ? t.noRows : foot}
          onSight={onSight}
        />
        {open !== undefined && (
          <RowPanel
            key={opened}
            experimentId={experimentId}
            runId={evaluation.run.run_id}
            bindings={evaluation.bindings}
            row={open}
            close={() => onChange({ row: undefined })}
          />
        )}
      </div>
    </>
  );
}

const STATE: GridColumn<EvaluationRow> = {
  id: "state",
  label: t.state,
  track: "112px",
  least: 112,
  cell: (row) => (
    <span className={row.state.endsWith("_ERROR") ? classes.bad : undefined} title={visibleText(whyOf(row))}>
      {t.rowStates[row.state]}
    </span>
  ),
};

function whyOf(row: EvaluationRow): string {
  return [programError(row), ...row.scores.map(scoreError)].filter((each) => each !== "").join("\n");
}

function expectedColumn(
  expectedOf: (row: EvaluationRow) => Expectations | undefined,
): GridColumn<EvaluationRow> {
  return {
    id: "expected",
    label: t.expectations,
    track: "minmax(110px, 1.4fr)",
    least: 110,
    cell: (row) => {
      const expected = expectedOf(row);
      if (expected === undefined) return MISSING;
      return <SafeText text={oneLine(jsonLine(JSON.stringify(expected)), 300)} />;
    },
  };
}

function columnsOf(
  scorers: readonly string[],
  rows: readonly EvaluationRow[],
  previewOf: (id: string | null) => Trace | undefined,
  expectedOf: (row: EvaluationRow) => Expectations | undefined,
): GridColumn<EvaluationRow>[] {
  const preview = (id: string | null, of: "request" | "response") => {
    const value = previewOf(id)?.[of];
    return value === undefined || value === null ? (
      MISSING
    ) : (
      <SafeText text={oneLine(jsonLine(value), 300)} />
    );
  };
  const found: GridColumn<EvaluationRow>[] = [
    {
      id: "input",
      label: t.input,
      track: "minmax(140px, 2fr)",
      least: 140,
      cell: (row) =>
        row.trace_id === null ? <SafeText text={row.row_key} /> : preview(row.trace_id, "request"),
    },
    {
      id: "output",
      label: t.output,
      track: "minmax(120px, 2fr)",
      least: 120,
      cell: (row) => (row.error === null ? preview(row.trace_id, "response") : <SafeText text={row.error} />),
    },
    ...scorers.map((scorer) => ({
      id: `score ${scorer}`,
      label: scorer,
      track: "minmax(90px, 0.6fr)",
      least: 90,
      sort: scorer.replaceAll(" ", "_"),
      cell: (row: EvaluationRow) => <ScoreValue score={scoreOf(row, scorer)} />,
    })),
  ];
  if (rows.some((row) => expectedOf(row) !== undefined)) found.splice(2, 0, expectedColumn(expectedOf));
  // Rows that are all done need no column to say so.
  if (rows.some((row) => row.state !== "DONE")) found.unshift(STATE);
  if (rows.some((row) => row.duration_ms !== null))
    found.push({
      id: "duration",
      label: t.duration,
      track: "84px",
      least: 84,
      numeric: true,
      sort: "_duration",
      cell: (row) => <Duration ms={row.duration_ms} />,
    });
  if (rows.some((row) => row.cost_usd !== null))
    found.push({
      id: "cost",
      label: t.cost,
      track: "84px",
      least: 84,
      numeric: true,
      sort: "_cost",
      cell: (row) => <Usd value={row.cost_usd} />,
    });
  return found;
}

/** The rows that a choice and some words leave. */
export function chosenRows(
  rows: readonly EvaluationRow[],
  evaluation: Pick<Evaluation, "bindings">,
  shown: Shown,
  find: string,
): readonly EvaluationRow[] {
  const { directions } = evaluation.bindings;
  const words = find.trim().toLowerCase();
  return rows.filter((row) => {
    const errors = row.error !== null || row.scores.some((score) => score.error !== null);
    const negative = row.scores.some(
      ({ error, name, value }) => error === null && isFailure(value, directions[name] ?? "higher"),
    );
    if (shown === "errors" && !errors) return false;
    if (shown === "failed" && !negative) return false;
    return words === "" || textOf(row).includes(words);
  });
}

function textOf(row: EvaluationRow): string {
  const said = row.scores.flatMap((score) => [score.rationale ?? "", scoreError(score), String(score.value)]);
  return [row.row_key, row.error ?? "", programError(row), ...Object.values(row.slices), ...said]
    .join("\n")
    .toLowerCase();
}

/** Rows in the order of a score, of duration or cost; rows without one stand last. */
export function sorted(rows: readonly EvaluationRow[], order: string): readonly EvaluationRow[] {
  const [field = "", direction] = order.split(" ");
  if (field === "") return rows;
  const sign = direction === "desc" ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, keyOf(row, field)]));
  return [...rows].sort((one, other) => {
    const [a, b] = [keys.get(one) ?? null, keys.get(other) ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a < b ? -sign : a > b ? sign : 0;
  });
}

function keyOf(row: EvaluationRow, field: string): number | string | null {
  if (field === "_duration") return row.duration_ms;
  if (field === "_cost") return finite(row.cost_usd);
  const score = row.scores.find((each) => each.name.replaceAll(" ", "_") === field);
  if (score === undefined || score.error !== null) return null;
  return scoreNumber(score.value) ?? (typeof score.value === "string" ? score.value : null);
}
