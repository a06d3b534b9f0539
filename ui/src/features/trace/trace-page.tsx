import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useMayIn } from "@/api/permissions";
import { traceQuery } from "@/api/queries";
import type { TraceDetail } from "@/api/schema";
import { usePageKeys } from "@/components/page-keys";
import { ProblemNote } from "@/components/problem-note";
import { Split } from "@/components/split";
import { useShortcuts } from "@/components/use-shortcuts";
import { buildTree, type SpanNode } from "@/lib/spantree";
import { text } from "@/strings";
import { AssessmentsPanel } from "./assessments-panel";
import { SpanDetail } from "./span-detail";
import { SpanTree } from "./span-tree";
import { TraceHeader } from "./trace-header";
import classes from "./trace-page.module.css";
import { TreeToolbar } from "./tree-toolbar";
import { useHighlights } from "./use-highlights";
import { useTreeState } from "./use-tree-state";

const FROM = "/experiments/$experimentId/traces/$traceId";
const t = text.trace;

/** One trace: its spans in time, what each did, and what was thought of it. */
export function TracePage() {
  const { experimentId, traceId } = useParams({ from: FROM });
  const search = useSearch({ from: FROM });
  const trace = useQuery(traceQuery(traceId));
  useEffect(() => {
    document.title = `${trace.data?.trace.name ?? t.title} · ${text.product}`;
  }, [trace.data]);
  const at = trace.data?.trace.experiment_id;
  // What surrounds the page is the experiment of its address: a trace is shown in its own.
  if (at !== undefined && at !== experimentId)
    return <Navigate to={FROM} params={{ experimentId: at, traceId }} search={search} replace />;
  if (trace.data !== undefined) return <LoadedTrace key={traceId} detail={trace.data} />;
  if (trace.isError)
    return (
      <div className={classes.note}>
        <ProblemNote error={trace.error} retry={() => void trace.refetch()} />
      </div>
    );
  return (
    <div className={classes.note} aria-hidden>
      <Skeleton height={30} width="40%" mb={12} />
      <Skeleton height={20} width="70%" mb={24} />
      <Skeleton height={320} />
    </div>
  );
}

function LoadedTrace({ detail }: { detail: TraceDetail }) {
  const { trace, spans, assessments } = detail;
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const tree = useMemo(() => buildTree(spans), [spans]);
  const state = useTreeState(trace.trace_id, tree);
  const searchBox = useRef<HTMLInputElement>(null);
  const [adding, setAdding] = useState(false);
  const mayJudge = useMayIn(trace.experiment_id)("assessment.write");
  const selected = tree.byId.get(search.span ?? "") ?? firstShown(tree.nodes);
  const detailBox = useRef<HTMLDivElement>(null);
  useHighlights(detailBox, state.words, selected?.span.span_id);
  const zoomed = search.zoom === undefined ? undefined : tree.byId.get(search.zoom);
  const window = useMemo(() => windowOf(zoomed, tree.lengthMs), [zoomed, tree.lengthMs]);

  const change = useCallback(
    (next: Partial<typeof search>) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace: true }),
    [navigate],
  );
  const { reveal } = state;
  const select = useCallback(
    (node: SpanNode) => {
      reveal(node);
      change({ span: node.span.span_id });
    },
    [change, reveal],
  );
  const selectId = (id: string) => {
    const node = tree.byId.get(id);
    if (node !== undefined) select(node);
  };
  const errors = useMemo(
    () => tree.nodes.filter((node) => node.span.status === "ERROR").map((node) => node.index),
    [tree],
  );
  const step = (indexes: readonly number[], by: number) => {
    const next = tree.nodes[nextOf(indexes, selected?.index ?? -1, by)];
    if (next !== undefined) select(next);
  };
  const zoom = () => change({ zoom: zoomed === undefined ? selected?.span.span_id : undefined });
  useShortcuts({
    "/": () => searchBox.current?.focus(),
    n: () => step(state.matches, 1),
    N: () => step(state.matches, -1),
    e: () => step(errors, 1),
    c: state.toggleCritical,
    a: () => setAdding(mayJudge),
    z: zoom,
  });
  usePageKeys(t.keyList);
  const at = selected === undefined ? -1 : state.matches.indexOf(selected.index);
  return (
    <div className={classes.page}>
      <TraceHeader trace={trace} />
      <div className={classes.body}>
        <Split
          name="trace"
          label={t.resize}
          first={
            <div className={classes.tree}>
              <TreeToolbar
                state={state}
                searchBox={searchBox}
                at={at}
                zoomed={zoomed !== undefined}
                hasErrors={errors.length > 0}
                onMatch={(by) => step(state.matches, by)}
                onError={() => step(errors, 1)}
                onZoom={zoom}
              />
              <SpanTree
                state={state}
                selected={selected}
                window={window}
                onSelect={select}
                onOpen={() => detailBox.current?.focus()}
              />
            </div>
          }
          second={
            // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter in the tree goes here, and it scrolls
            <div ref={detailBox} className={classes.detail} tabIndex={0} role="region" aria-label={t.detail}>
              {selected !== undefined && (
                <SpanDetail
                  traceId={trace.trace_id}
                  node={selected}
                  tab={search.tab}
                  onTab={(tab) => change({ tab })}
                />
              )}
            </div>
          }
        />
        <div className={classes.assessments} data-empty={(assessments.length === 0 && !adding) || undefined}>
          <AssessmentsPanel
            traceId={trace.trace_id}
            experimentId={trace.experiment_id}
            assessments={assessments}
            tree={tree}
            selectedSpan={selected?.span.span_id}
            adding={adding}
            setAdding={setAdding}
            onSpan={selectId}
          />
        </div>
      </div>
    </div>
  );
}

/** What is open at first: the deepest failure on the way down from the first root that failed, else the first root. */
export function firstShown(nodes: readonly SpanNode[]): SpanNode | undefined {
  let at = nodes.find((node) => node.parent < 0 && node.errors > 0);
  if (at === undefined) return nodes[0];
  for (;;) {
    const below: SpanNode | undefined = at.children
      .map((index) => nodes[index] as SpanNode)
      .find((child) => child.errors > 0);
    if (below === undefined) return at;
    at = below;
  }
}

function windowOf(zoomed: SpanNode | undefined, lengthMs: number): { fromMs: number; toMs: number } {
  if (zoomed === undefined) return { fromMs: 0, toMs: lengthMs };
  const end = zoomed.endMs ?? lengthMs;
  return { fromMs: zoomed.startMs, toMs: Math.max(end, zoomed.startMs + 0.001) };
}

/** The next index after (or before) a place, going round; -1 when there is none. */
export function nextOf(indexes: readonly number[], from: number, by: number): number {
  if (by > 0) return indexes.find((index) => index > from) ?? indexes[0] ?? -1;
  return indexes.findLast((index) => index < from) ?? indexes.at(-1) ?? -1;
}
