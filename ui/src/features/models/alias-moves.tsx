import { useQuery } from "@tanstack/react-query";
import { aliasEventsQuery } from "@/api/asset-queries";
import { Moment } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
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
      <RowsTable
        label={t.moves}
        heads={[t.at, t.alias, t.from, t.to, t.by, t.gate, t.reason].map((label) => ({ label }))}
        rows={found.data.map((each) => ({
          key: `${each.at_ms} ${each.alias} ${each.model_id}`,
          cells: [
            <Moment key="at" ms={each.at_ms} />,
            <SafeText key="alias" text={each.alias} />,
            <SafeText key="from" text={each.previous_model_id ?? MISSING} />,
            <SafeText key="to" text={each.model_id ?? MISSING} />,
            <SafeText key="by" text={each.by ?? MISSING} />,
            each.gate ?? MISSING,
            <SafeText key="reason" text={each.reason} />,
          ],
        }))}
      />
    </section>
  );
}
