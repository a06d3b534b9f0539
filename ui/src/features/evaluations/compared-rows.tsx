import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { evaluationQuery, MOST_COMPARED_ROWS } from "@/api/evaluation-queries";
import type { Comparison, Evaluation, EvaluationRow, RowDifference } from "@/api/schema";
import { Empty } from "@/components/empty";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { SafeText } from "@/components/safe-text";
import { SidePanel } from "@/components/side-panel";
import { usePreviews } from "@/components/use-previews";
import { exactNumber, finite, MISSING, oneLine } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { jsonLine } from "@/lib/preview";
import { scoreNumber, short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { RowContent, ScoreValue } from "./row-panel";
import { scoreOf, useRows } from "./use-rows";
import { chosenComparison } from "./verdict-table";

const t = text.comparison;
type Shown = keyof typeof t.shown;

interface ComparedRowsProps {
  experimentId: string;
  comparison: Comparison;
  nameOf: (runId: string) => string;
  scorer: string | undefined;
  candidate: string | undefined;
  shown: string | undefined;
  opened: string | undefined;
  onChange: (next: { show?: string; row?: string }) => void;
}

/** The rows behind one verdict, those that lost most first; one of them open, side by side. */
export function ComparedRows(props: ComparedRowsProps) {
  const { experimentId, comparison, nameOf, opened, onChange } = props;
  const found = chosenComparison(comparison, props.scorer, props.candidate);
  const candidateId = found?.run.candidate ?? "";
  const before = useEvaluated(comparison.baseline);
  const after = useEvaluated(candidateId);
  const sign = found?.scorer.direction === "lower" ? -1 : 1;
  const shown = shownOf(props.shown, found?.scorer.rows ?? [], sign);
  const rows = useMemo(
    () => (found?.scorer.rows ?? []).filter((row) => fits(row, shown, sign)),
    [found?.scorer.rows, shown, sign],
  );
  const traceIds = useMemo(
    () => rows.map((row) => before.byHash.get(row.content_hash)?.trace_id ?? null),
    [rows, before.byHash],
  );
  const { previewOf, onSight } = usePreviews(experimentId, traceIds);
  if (found === undefined) return null;
  const { scorer } = found.scorer;
  const traceOf = (row: RowDifference) => before.byHash.get(row.content_hash)?.trace_id ?? null;
  const columns: GridColumn<RowDifference>[] = [
    {
      id: "input",
      label: text.evaluation.input,
      track: "minmax(180px, 1fr)",
      least: 180,
      cell: (row) => {
        const request = previewOf(traceOf(row))?.request;
        return <SafeText text={request ? oneLine(jsonLine(request), 300) : row.record_id} />;
      },
    },
    ...(["baseline", "candidate", "difference"] as const).map((side) => ({
      id: side,
      label:
        side === "difference"
          ? t.difference
          : nameOf(side === "baseline" ? comparison.baseline : candidateId),
      track: "minmax(90px, 150px)",
      least: 90,
      numeric: true,
      cell: (row: RowDifference) => {
        if (side === "difference") return figure(row.difference, true);
        const found = (side === "baseline" ? before : after).byHash.get(row.content_hash);
        const score = found === undefined ? undefined : scoreOf(found, scorer);
        // As it was said, unless repetitions of the row said something else.
        return score !== undefined && scoreNumber(score.value) === finite(row[side]) ? (
          <ScoreValue score={score} />
        ) : (
          figure(row[side], false)
        );
      },
    })),
  ];
  const open = rows.find((row) => row.content_hash === opened);
  return (
    <>
      <div className={classes.tools}>
        <h2>
          <SafeText text={(shown === "regressed" ? t.rowsOf : t.rowsBy)(found.scorer.scorer)} />{" "}
          <span className="dim num">{exactNumber(rows.length)}</span>
        </h2>
        <SegmentedControl
          aria-label={t.show}
          data={Object.entries(t.shown).map(([value, label]) => ({ value, label }))}
          value={shown}
          onChange={(value) => onChange({ show: value, row: undefined })}
        />
      </div>
      {rows.length === 0 ? (
        <Empty title={t.noRows} />
      ) : (
        <div className={`${classes.body} ${classes.tall}`}>
          <GridTable
            label={t.rowsOf(found.scorer.scorer)}
            columns={columns}
            items={rows}
            keyOf={(row) => row.content_hash}
            opened={opened}
            onOpen={(row) => onChange({ row: row?.content_hash })}
            foot={
              found.scorer.rows.length >= MOST_COMPARED_ROWS
                ? t.mostRows(exactNumber(MOST_COMPARED_ROWS))
                : undefined
            }
            onSight={onSight}
          />
          {open !== undefined && (
            <SidePanel
              title={text.evaluation.row}
              heading={<SafeText text={open.record_id} />}
              close={() => onChange({ row: undefined })}
            >
              <CompareTraces
                experimentId={experimentId}
                left={traceOf(open)}
                right={after.byHash.get(open.content_hash)?.trace_id ?? null}
              />
              <div className={classes.sides}>
                <Side
                  name={nameOf(comparison.baseline)}
                  side={before}
                  row={open}
                  scorer={found.scorer.scorer}
                />
                <Side name={nameOf(candidateId)} side={after} row={open} scorer={found.scorer.scorer} />
              </div>
            </SidePanel>
          )}
        </div>
      )}
    </>
  );
}

/** What is asked for, else the first kind of rows that there is any of. */
function shownOf(asked: string | undefined, rows: readonly RowDifference[], sign: number): Shown {
  const kinds: readonly Shown[] = ["regressed", "improved", "all"];
  return (
    kinds.find((each) => each === asked) ??
    kinds.find((each) => rows.some((row) => fits(row, each, sign))) ??
    "all"
  );
}

interface Evaluated {
  evaluation: Evaluation | undefined;
  byHash: ReadonlyMap<string, EvaluationRow>;
}

/** An evaluation with its rows by what their records hold, which is what pairs them; the first repetition's. */
function useEvaluated(runId: string): Evaluated {
  const found = useQuery({ ...evaluationQuery(runId), enabled: runId !== "" });
  const rows = useRows(runId, found.data?.rows_done ?? 0, found.data !== undefined);
  const byHash = useMemo(() => {
    const map = new Map<string, EvaluationRow>();
    for (const row of rows.items)
      if (row.content_hash !== null && !map.has(row.content_hash)) map.set(row.content_hash, row);
    return map;
  }, [rows.items]);
  return { evaluation: found.data, byHash };
}

interface SideProps {
  name: string;
  side: Evaluated;
  row: RowDifference;
  scorer: string;
}

function Side({ name, side, row, scorer }: SideProps) {
  const found = side.byHash.get(row.content_hash);
  const evaluation = side.evaluation;
  if (found === undefined || evaluation === undefined) return <div>{MISSING}</div>;
  const score = scoreOf(found, scorer);
  return (
    <div>
      <h3 className={classes.scored}>
        <span className="clip" title={visibleText(name)}>
          <SafeText text={name} />
        </span>{" "}
        <ScoreValue score={score} />
      </h3>
      {score?.rationale && (
        <p className="dim">
          <SafeText text={score.rationale} />
        </p>
      )}
      <RowContent experimentId={evaluation.run.experiment_id} bindings={evaluation.bindings} row={found} />
    </div>
  );
}

function CompareTraces({
  experimentId,
  left,
  right,
}: {
  experimentId: string;
  left: string | null;
  right: string | null;
}) {
  if (left === null || right === null) return null;
  return (
    <Link
      to="/experiments/$experimentId/compare"
      params={{ experimentId }}
      search={{ left, right }}
      preload={false}
    >
      {t.compareTraces}
    </Link>
  );
}

function fits(row: RowDifference, shown: Shown, sign: number): boolean {
  const gain = (finite(row.difference) ?? 0) * sign;
  return shown === "regressed" ? gain < 0 : shown === "improved" ? gain > 0 : gain !== 0;
}

function figure(value: number | string, withSign: boolean): string {
  const number = finite(value);
  if (number === null) return MISSING;
  const size = short(Math.abs(number));
  if (number < 0) return `−${size}`;
  return withSign && number > 0 ? `+${size}` : size;
}
