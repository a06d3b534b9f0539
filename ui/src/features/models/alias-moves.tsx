import { useQuery } from "@tanstack/react-query";
import { aliasEventsQuery } from "@/api/asset-queries";
import { Moment } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import classes from "./models.module.css";

const t = text.models;

/** Who moved which alias where, and why; nothing while none was moved. */
export function AliasMoves({ experimentId }: { experimentId: string }) {
  const found = useQuery(aliasEventsQuery(experimentId));
  if (found.data === undefined || found.data.length === 0) return null;
  return (
    <section className={classes.part}>
      <h2>{t.moves}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={table.wrap} tabIndex={0} role="region" aria-label={t.moves}>
        <table className={table.table} aria-label={t.moves}>
          <thead>
            <tr>
              <th>{t.at}</th>
              <th>{t.alias}</th>
              <th>{t.from}</th>
              <th>{t.to}</th>
              <th>{t.by}</th>
              <th>{t.gate}</th>
              <th>{t.reason}</th>
            </tr>
          </thead>
          <tbody>
            {found.data.map((each) => (
              <tr key={`${each.at_ms} ${each.alias} ${each.model_id}`}>
                <td>
                  <Moment ms={each.at_ms} />
                </td>
                <td>
                  <SafeText text={each.alias} />
                </td>
                <td>
                  {each.previous_model_id === null ? MISSING : <SafeText text={each.previous_model_id} />}
                </td>
                <td>{each.model_id === null ? MISSING : <SafeText text={each.model_id} />}</td>
                <td>{each.by ?? MISSING}</td>
                <td>{each.gate ?? MISSING}</td>
                <td>
                  <SafeText text={each.reason} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
