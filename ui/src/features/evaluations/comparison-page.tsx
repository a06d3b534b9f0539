import { MultiSelect, NativeSelect, Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { comparisonQuery, runsQuery } from "@/api/evaluation-queries";
import type { Run } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { dateTime } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import { ComparedRows } from "./compared-rows";
import classes from "./evaluations.module.css";
import { VerdictTable } from "./verdict-table";

const t = text.comparison;
const FROM = "/experiments/$experimentId/evaluations/compare";
const MOST_OFFERED = 200;

/** Two or more evaluations: what differs beyond chance, scorer by scorer, and the rows that tell why. */
export function ComparisonPage() {
  const { experimentId } = useParams({ from: FROM });
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const baseline = search.baseline ?? "";
  const others = useMemo(() => (search.with ?? "").split(",").filter((id) => id !== ""), [search.with]);
  const runs = useInfiniteQuery(runsQuery(experimentId, "kind = 'EVALUATION'", "", MOST_OFFERED));
  const offered = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const ready = baseline !== "" && others.length > 0;
  const compared = useQuery({ ...comparisonQuery(baseline, others), enabled: ready });
  const change = useCallback(
    (next: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...next }) }),
    [navigate],
  );
  const { zone } = useTimeRange();
  const nameOf = useCallback((id: string) => nameAmong(offered, id, zone), [offered, zone]);
  const known = new Set(offered.map((run) => run.run_id));
  const given = [baseline, ...others].filter((id) => id !== "" && !known.has(id));
  const options = [...offered.map((run) => run.run_id), ...given].map((id) => ({
    value: id,
    label: nameOf(id),
  }));
  // What is said of evaluations is said by their names: together with them, or not yet.
  const waits = compared.isPending || runs.isPending;
  const data = ready && !waits ? compared.data : undefined;
  return (
    <Page
      title={t.title}
      heading={
        <>
          <Link to="/experiments/$experimentId/evaluations" params={{ experimentId }}>
            {text.evaluations.title}
          </Link>{" "}
          <span className="dim">/</span> {t.title}
        </>
      }
    >
      <div className={classes.choice}>
        <NativeSelect
          label={t.baseline}
          data={[{ value: "", label: "–" }, ...options]}
          value={baseline}
          onChange={(event) => change({ baseline: event.currentTarget.value || undefined })}
        />
        <MultiSelect
          label={t.candidates}
          placeholder={others.length === 0 ? t.pick : undefined}
          searchable
          maxValues={20}
          data={options.filter(({ value }) => value !== baseline)}
          value={others}
          onChange={(next) => change({ with: next.join(",") || undefined })}
        />
      </div>
      {!ready && <Empty title={t.choose} />}
      {ready && compared.isError && (
        <ProblemNote error={compared.error} retry={() => void compared.refetch()} />
      )}
      {ready && waits && !compared.isError && <Skeleton height={180} radius={8} />}
      {data !== undefined && (
        <>
          <VerdictTable
            experimentId={experimentId}
            comparison={data}
            nameOf={nameOf}
            scorer={search.scorer}
            candidate={search.candidate}
            onChoose={(scorer, candidate) => change({ scorer, candidate, row: undefined })}
          />
          <ComparedRows
            experimentId={experimentId}
            comparison={data}
            nameOf={nameOf}
            scorer={search.scorer}
            candidate={search.candidate}
            shown={search.show}
            opened={search.row}
            onChange={change}
          />
        </>
      )}
    </Page>
  );
}

/** The name of an evaluation; where another one has it too, with when it began. */
function nameAmong(offered: readonly Run[], id: string, zone: string): string {
  const found = offered.find((run) => run.run_id === id);
  if (found === undefined || found.name === "") return id;
  const name = visibleText(found.name);
  const alike = offered.filter((run) => run.name === found.name).length > 1;
  return alike ? t.nameAt(name, dateTime(found.start_ms, zone)) : name;
}
