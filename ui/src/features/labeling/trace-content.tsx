import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { spanQuery, traceQuery } from "@/api/queries";
import { Conversation } from "@/components/conversation";
import { ProblemNote } from "@/components/problem-note";
import { Part } from "@/components/side-panel";
import { text } from "@/strings";

const t = text.labelingItems;

/** What went into a trace and what came out of it, whole. */
export function TraceContent({ traceId }: { traceId: string }) {
  const found = useQuery(traceQuery(traceId));
  const root = found.data?.spans.find((span) => span.parent_id === null) ?? found.data?.spans[0];
  const span = useQuery({ ...spanQuery(traceId, root?.span_id ?? ""), enabled: root !== undefined });
  if (found.isError) return <ProblemNote error={found.error} />;
  if (found.data === undefined || (root !== undefined && span.isPending))
    return <Skeleton height={120} radius={8} mt={10} />;
  const request = span.data?.view.inputs ?? found.data.trace.request;
  const response = span.data?.view.outputs ?? found.data.trace.response;
  return (
    <>
      <Part title={t.request}>
        <Conversation value={request} />
      </Part>
      <Part title={t.response}>
        <Conversation value={response} out />
      </Part>
    </>
  );
}
