import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import type { RepriceReport } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { exactNumber, usd } from "@/lib/format";
import { text } from "@/strings";
import classes from "./settings-page.module.css";
import { useAgain } from "./settings-table";

const t = text.settings.repricing;

/** Prices the traces that an experiment has anew: says first what that changes, and then, when told to, does it. */
export function Repricing({ experimentId }: { experimentId: string }) {
  const again = useAgain([]);
  const [looked, setLooked] = useState(0);
  const plan = useMutation({ mutationFn: () => repriced(experimentId, true, setLooked) });
  const write = useMutation({
    mutationFn: () => repriced(experimentId, false, setLooked),
    onSuccess: async (done) => {
      plan.reset();
      showToast(t.written(exactNumber(done.changed)));
      await again();
    },
  });
  const planned = plan.data;
  const failed = write.error ?? plan.error;
  return (
    <section className={classes.repricing} aria-label={t.title}>
      <h3>{t.title}</h3>
      <p className="dim">{t.hint}</p>
      {failed !== null && <ProblemNote error={failed} />}
      <p role="status">
        {plan.isPending || write.isPending
          ? t.looked(exactNumber(looked))
          : planned !== undefined && told(planned)}
      </p>
      <div className={classes.buttons}>
        {planned !== undefined && planned.changed > 0 && (
          <Button loading={write.isPending} onClick={() => write.mutate()}>
            {t.write}
          </Button>
        )}
        <Button
          variant="default"
          loading={plan.isPending}
          disabled={write.isPending}
          onClick={() => plan.mutate()}
        >
          {t.look}
        </Button>
      </div>
    </section>
  );
}

function told({ traces, changed, before_usd, after_usd }: RepriceReport): string {
  if (changed === 0) return t.nothing(exactNumber(traces));
  return t.planned(
    exactNumber(changed),
    exactNumber(traces),
    usd(Number(before_usd)),
    usd(Number(after_usd)),
  );
}

/** Asks as often as it takes to come to the last trace. */
async function repriced(
  experimentId: string,
  dryRun: boolean,
  look: (count: number) => void,
): Promise<RepriceReport> {
  let whole: RepriceReport | null = null;
  look(0);
  do {
    const cursor: string | null = whole?.cursor ?? null;
    const body = { experiment: experimentId, dry_run: dryRun, cursor };
    const part: RepriceReport = await call("reprice_traces", {}, { body });
    whole = whole === null ? part : added(whole, part);
    look(whole.traces);
  } while (whole.cursor !== null);
  return whole;
}

function added(whole: RepriceReport, part: RepriceReport): RepriceReport {
  return {
    ...part,
    traces: whole.traces + part.traces,
    changed: whole.changed + part.changed,
    spans: whole.spans + part.spans,
    before_usd: Number(whole.before_usd) + Number(part.before_usd),
    after_usd: Number(whole.after_usd) + Number(part.after_usd),
  };
}
