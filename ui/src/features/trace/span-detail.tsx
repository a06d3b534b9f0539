import { Button, Skeleton, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { spanQuery } from "@/api/queries";
import type { Span } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { Count, Duration, Usd } from "@/components/figures";
import { JsonView } from "@/components/json-view";
import { KindIcon } from "@/components/kind";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { SpanErrors } from "@/components/span-errors";
import { finite } from "@/lib/format";
import { jsonText } from "@/lib/jsonnumbers";
import type { SpanNode } from "@/lib/spantree";
import { recall, remember } from "@/lib/stored";
import { text } from "@/strings";
import { SpanAttributes } from "./span-attributes";
import { SpanContent } from "./span-content";
import classes from "./span-detail.module.css";
import { SpanEvents } from "./span-events";

const t = text.trace;
const TABS = ["content", "attributes", "events", "raw"] as const;

interface SpanDetailProps {
  traceId: string;
  node: SpanNode;
  tab: string | undefined;
  onTab: (tab: string | undefined) => void;
}

/** Everything about one span. */
export function SpanDetail({ traceId, node, tab, onTab }: SpanDetailProps) {
  const span = useQuery(spanQuery(traceId, node.span.span_id));
  const [format, setFormat] = useState(() => recall("format", "markdown", isFormat));
  const open = TABS.find((name) => name === tab) ?? "content";
  return (
    <section className={classes.detail} aria-label={node.span.name}>
      <SpanHead node={node} span={span.data ?? undefined} />
      {span.isError && <ProblemNote error={span.error} retry={() => void span.refetch()} />}
      {span.isPending && <DetailSkeleton />}
      {span.data !== undefined && span.data !== null && (
        <>
          <SpanErrors span={span.data} />
          <Tabs
            value={open}
            keepMounted={false}
            onChange={(next) => onTab(next === "content" || next === null ? undefined : next)}
          >
            <div className={classes.tabs}>
              <Tabs.List>
                <Tabs.Tab className={classes.tab} value="content">
                  {t.tabs.content}
                </Tabs.Tab>
                <Tabs.Tab className={classes.tab} value="attributes">
                  {t.tabs.attributes} <span className="dim">{Object.keys(span.data.attributes).length}</span>
                </Tabs.Tab>
                <Tabs.Tab className={classes.tab} value="events">
                  {t.tabs.events} <span className="dim">{span.data.events.length}</span>
                </Tabs.Tab>
                <Tabs.Tab className={classes.tab} value="raw">
                  {t.tabs.raw}
                </Tabs.Tab>
              </Tabs.List>
              {open === "content" && (
                <Button
                  className={classes.format}
                  variant="subtle"
                  size="compact-xs"
                  onClick={() => {
                    const next = format === "markdown" ? "plain" : "markdown";
                    setFormat(next);
                    remember("format", next);
                  }}
                >
                  {format === "markdown" ? t.plain : t.markdown}
                </Button>
              )}
            </div>
            <Tabs.Panel value="content" pt="sm">
              <SpanContent span={span.data} markdown={format === "markdown"} />
            </Tabs.Panel>
            <Tabs.Panel value="attributes" pt="sm">
              <SpanAttributes span={span.data} />
            </Tabs.Panel>
            <Tabs.Panel value="events" pt="sm">
              <SpanEvents span={span.data} />
            </Tabs.Panel>
            <Tabs.Panel value="raw" pt="sm">
              <JsonView value={span.data} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </section>
  );
}

function isFormat(value: unknown): value is string {
  return value === "markdown" || value === "plain";
}

function SpanHead({ node, span }: { node: SpanNode; span: Span | undefined }) {
  const own = node.span.tokens;
  const model = node.span.model ?? span?.view.model ?? null;
  const total = node.endMs === null ? null : node.endMs - node.startMs;
  const several = node.children.length > 0;
  const cost = finite(node.span.cost_usd);
  return (
    <header className={classes.head}>
      <h2 className={classes.title}>
        <KindIcon kind={node.span.kind} size={18} />
        <span className="clip" title={node.span.name}>
          <SafeText text={node.span.name || node.span.span_id} />
        </span>
        <CopyButton label={t.copyJson} value={() => jsonText(span ?? node.span, 2)} />
      </h2>
      <dl className={classes.figures}>
        <Figure name={t.duration}>{total === null ? t.running : <Duration ms={total} />}</Figure>
        {several && node.selfMs !== null && (
          <Figure name={t.self}>
            <Duration ms={node.selfMs} />
          </Figure>
        )}
        {own !== null && own.total > 0 && (
          <Figure name={t.tokens}>
            <Count value={own.input} /> → <Count value={own.output} />
          </Figure>
        )}
        {several && node.tokens !== null && node.tokens > 0 && (
          <Figure name={`${t.tokens}, ${t.subtree}`}>
            <Count value={node.tokens} />
          </Figure>
        )}
        {cost !== null && (
          <Figure name={t.cost}>
            <Usd value={cost} />
          </Figure>
        )}
        {span !== undefined && span.cost_source !== null && (
          <Figure name={t.costSource}>{costSource(span.cost_source)}</Figure>
        )}
        {several && node.costUsd !== null && node.costUsd !== cost && (
          <Figure name={`${t.cost}, ${t.subtree}`}>
            <Usd value={node.costUsd} />
          </Figure>
        )}
        {model !== null && (
          <Figure name={t.model}>
            <SafeText text={model} />
          </Figure>
        )}
        {span !== undefined && span.view.provider !== null && (
          <Figure name={t.provider}>
            <SafeText text={span.view.provider} />
          </Figure>
        )}
        {span !== undefined && span.view.dialect !== "unknown" && (
          <Figure name={t.dialect}>{span.view.dialect}</Figure>
        )}
      </dl>
    </header>
  );
}

/** The source in words: `override, genai-prices VERSION` names two. */
function costSource(source: string): string {
  return source
    .split(", ")
    .map((each) => t.costSources[each] ?? each)
    .join(", ");
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function DetailSkeleton() {
  return (
    <div aria-hidden>
      <Skeleton height={28} mb={14} />
      <Skeleton height={80} mb={10} />
      <Skeleton height={120} />
    </div>
  );
}
