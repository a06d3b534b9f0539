import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { someTracesQuery } from "@/api/queries";
import { Moment } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { nsToMs } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./home-page.module.css";
import { useShown } from "./use-shown";

const SHOWN = 5;
const FAILED = "state = 'ERROR'";

/** The newest traces that failed, and why. */
export function Failures({ experimentId, failed }: { experimentId: string; failed: boolean }) {
  const { clause, filter } = useShown();
  const list = { experiment: experimentId, filter: joinClauses(FAILED, clause) };
  const found = useQuery({ ...someTracesQuery(list, SHOWN), enabled: failed });
  return (
    <section className={classes.panel}>
      <h2>
        {failed ? (
          <Link
            to="/experiments/$experimentId/traces"
            params={{ experimentId }}
            search={{ filter: joinClauses(FAILED, filter) }}
          >
            {text.home.recentErrors}
          </Link>
        ) : (
          text.home.recentErrors
        )}
      </h2>
      {!failed && <p className="dim">{text.home.noErrors}</p>}
      <ul className={classes.failures}>
        {(found.data?.items ?? []).map((trace) => (
          <li key={trace.trace_id}>
            <Link
              to="/experiments/$experimentId/traces/$traceId"
              params={{ experimentId, traceId: trace.trace_id }}
              className={classes.failure}
            >
              <span className="clip">
                <SafeText text={trace.name} />
              </span>
              <span className="dim">
                <Moment ms={nsToMs(trace.start_ns)} relative />
              </span>
            </Link>
            <div className={`${classes.why} clip`} title={trace.status_message}>
              <SafeText text={trace.status_message} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
