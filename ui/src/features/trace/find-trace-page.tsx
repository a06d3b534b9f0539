import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams, useSearch } from "@tanstack/react-router";
import { traceQuery } from "@/api/queries";
import { Empty } from "@/components/empty";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";

/** The short address of a trace: finds its experiment and goes there. */
export function FindTracePage() {
  const { traceId } = useParams({ from: "/traces/$traceId" });
  const search = useSearch({ from: "/traces/$traceId" });
  const trace = useQuery(traceQuery(traceId));
  if (trace.data !== undefined) {
    const params = { experimentId: trace.data.trace.experiment_id, traceId };
    return (
      <Navigate to="/experiments/$experimentId/traces/$traceId" params={params} search={search} replace />
    );
  }
  if (!trace.isError) return null;
  return (
    <Empty title={text.trace.title}>
      <ProblemNote error={trace.error} />
      <p>{text.trace.gone}</p>
    </Empty>
  );
}
