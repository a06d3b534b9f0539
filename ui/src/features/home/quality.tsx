import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { aggregateQuery, assessmentNamesQuery } from "@/api/queries";
import type { AssessmentName } from "@/api/schema";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { keyed } from "@/lib/filtertext";
import { finite, MISSING } from "@/lib/format";
import { meanInterval } from "@/lib/interval";
import { judgedId } from "@/lib/judged";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./home-page.module.css";
import { useShown } from "./use-shown";

const t = text.home;
const MOST_NAMES = 12;
/** The columns that stand beside that of a name. */
const BESIDE = ["state", "start", "name", "request", "response"];

/** What was thought of the traces: each kind of feedback with its mean, its interval and its n. */
export function Quality({ experimentId }: { experimentId: string }) {
  const { clause } = useShown();
  const known = useQuery(assessmentNamesQuery(experimentId));
  const names = (known.data?.names ?? [])
    .filter((each) => each.kind === "FEEDBACK")
    .slice(0, MOST_NAMES)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const means = useQueries({
    queries: names.map(({ name }) =>
      aggregateQuery({
        experiments: [experimentId],
        filter: clause,
        measures: ["assessment_mean", "assessment_sd", "assessment_count", "assessment_errors"],
        assessment: name,
      }),
    ),
  });
  const rows = names.flatMap((each, index) => {
    const point = means[index]?.data?.points[0];
    const judged = finite(point?.values.assessment_count) ?? 0;
    return point === undefined || judged === 0 ? [] : [{ each, point }];
  });
  const settled = known.data !== undefined && means.every((each) => each.data !== undefined);
  return (
    <section className={classes.panel}>
      <h2>{t.quality}</h2>
      <p className={table.note}>{t.qualityHint}</p>
      {settled && rows.length === 0 && (
        <p className="dim">
          {t.noAssessments} {t.judgeHint}
        </p>
      )}
      {rows.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>{t.name}</th>
              <th data-num>{t.mean}</th>
              <th data-num>{t.interval}</th>
              <th data-num>{t.judged}</th>
              <th data-num>{t.errors}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ each, point }) => {
              const mean = finite(point.values.assessment_mean);
              const sd = finite(point.values.assessment_sd);
              const interval = mean === null || sd === null ? null : meanInterval(mean, sd, point.n);
              return (
                <tr key={each.name}>
                  <td>
                    <Judged experimentId={experimentId} of={each} />
                  </td>
                  <td data-num title={mean === null ? undefined : String(mean)}>
                    {mean === null ? MISSING : short(mean)}
                  </td>
                  <td data-num>
                    {interval === null ? MISSING : `${short(interval.low)} – ${short(interval.high)}`}
                  </td>
                  <td data-num>
                    <Count value={point.n} />
                  </td>
                  <td data-num>
                    <Count value={finite(point.values.assessment_errors) ?? 0} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Leads to what was judged: where most of it is of sessions to these, the lowest first. */
function Judged({ experimentId, of }: { experimentId: string; of: AssessmentName }) {
  const { filter: shown } = useShown();
  const field = keyed("feedback", of.name);
  const filter = `${field} IS NOT NULL`;
  const params = { experimentId };
  const name = <SafeText text={of.name} />;
  if (of.session_count * 2 >= of.count)
    return (
      <Link
        to="/experiments/$experimentId/sessions"
        params={params}
        search={{ filter, order: `${field} asc` }}
        title={t.ofSessions}
      >
        {name}
      </Link>
    );
  const columns = [...BESIDE, judgedId({ kind: "FEEDBACK", name: of.name })].join(",");
  return (
    <Link
      to="/experiments/$experimentId/traces"
      params={params}
      search={{ filter: joinClauses(filter, shown), columns }}
    >
      {name}
    </Link>
  );
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
