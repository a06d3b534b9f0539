import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { breakdownQuery } from "@/api/queries";
import type { SpanBreakdown, SpanFigures } from "@/api/schema";
import { Count, Duration, Usd } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { quote } from "@/lib/filtertext";
import { exactNumber, finite } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./home-page.module.css";
import { useShown } from "./use-shown";

const t = text.home.breakdown;
const SHOWN = 8;

type Of = "model" | "tool";

/** The language models that were called, and the tools: how often, how well, how fast, for how much. They come together,
 * so that neither moves the other. */
export function ModelsAndTools({ experimentId }: { experimentId: string }) {
  const { clause } = useShown();
  const asked = { experiment: [experimentId], filter: clause, limit: SHOWN };
  const models = useQuery(breakdownQuery({ ...asked, by: "model" }));
  const tools = useQuery(breakdownQuery({ ...asked, by: "name", kind: ["TOOL"] }));
  if (models.isPending || tools.isPending) return null;
  return (
    <>
      <Panel experimentId={experimentId} of="model" found={models} />
      <Panel experimentId={experimentId} of="tool" found={tools} />
    </>
  );
}

interface PanelProps {
  experimentId: string;
  of: Of;
  found: UseQueryResult<SpanBreakdown>;
}

function Panel({ experimentId, of, found }: PanelProps) {
  const named = (found.data?.values ?? []).filter((each) => each.value !== null);
  if (found.isError)
    return (
      <section className={classes.panel} aria-label={t.title[of]}>
        <h2>{t.title[of]}</h2>
        <ProblemNote error={found.error} retry={() => void found.refetch()} />
      </section>
    );
  if (found.data === undefined || named.length === 0) return null;
  return (
    <section className={classes.panel} aria-label={t.title[of]}>
      <h2>{t.title[of]}</h2>
      <Note found={found.data} />
      <table className={table.table}>
        <thead>
          <tr>
            <th>{t.name[of]}</th>
            <th data-num>{t.calls}</th>
            <th data-num>{t.errors}</th>
            <th data-num>p50</th>
            <th data-num>p95</th>
            {of === "model" && <th data-num>{t.tokens}</th>}
            {of === "model" && <th data-num>{t.cost}</th>}
          </tr>
        </thead>
        <tbody>
          {named.map((each) => (
            <Row key={each.value} experimentId={experimentId} of={of} figures={each} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Note({ found }: { found: SpanBreakdown }) {
  if (found.complete) return null;
  return <p className={table.note}>{t.newest(exactNumber(found.examined))}</p>;
}

function Row({ experimentId, of, figures }: { experimentId: string; of: Of; figures: SpanFigures }) {
  const value = figures.value ?? "";
  const { filter } = useShown();
  const is = of === "model" ? `model = ${quote(value)}` : `kind = TOOL AND name = ${quote(value)}`;
  const to = { to: "/experiments/$experimentId/traces", params: { experimentId } } as const;
  return (
    <tr>
      <td>
        <Link {...to} search={{ filter: joinClauses(`span(${is})`, filter) }}>
          <SafeText text={value} />
        </Link>
      </td>
      <td data-num>
        <Count value={figures.spans} />
      </td>
      <td data-num>
        {figures.errors === 0 ? (
          <Count value={0} />
        ) : (
          <Link
            {...to}
            search={{ filter: joinClauses(`span(${is} AND status = ERROR)`, filter) }}
            className={classes.bad}
          >
            <Count value={figures.errors} />
          </Link>
        )}
      </td>
      <td data-num>
        <Duration ms={finite(figures.duration_p50_ms)} />
      </td>
      <td data-num>
        <Duration ms={finite(figures.duration_p95_ms)} />
      </td>
      {of === "model" && (
        <td data-num>
          <Count value={figures.tokens_total === 0 ? null : figures.tokens_total} />
        </td>
      )}
      {of === "model" && (
        <td data-num>
          <Usd value={figures.cost_usd} />
        </td>
      )}
    </tr>
  );
}
