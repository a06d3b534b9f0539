import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { askLabelingAnew, labelingRulesQuery } from "@/api/review-queries";
import type { ItemRule, ItemRuleBody, LabelingSession } from "@/api/schema";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, percent } from "@/lib/format";
import { takesItems } from "@/lib/labeling";
import { text } from "@/strings";
import { AddItems } from "./add-items";
import classes from "./labeling.module.css";

const t = text.standing;

/** The rules by which a session fills itself: what each added, and when it last ran. */
export function RulesPart({ session }: { session: LabelingSession }) {
  const { run_id, experiment_id } = session.run;
  const writes = useMayIn(experiment_id)("labeling.write") && takesItems(session);
  const rules = useQuery(labelingRulesQuery(run_id));
  const [adding, setAdding] = useState(false);
  const client = useQueryClient();
  const remove = useMutation({
    meta: { shown: true },
    mutationFn: async (gone: ItemRule) => {
      // Of the rules that stand now: somebody else may have changed them since they were shown.
      const { rules } = await call("get_labeling_session", { run_id });
      const place = rules.findIndex((each) => sameRule(each, gone));
      if (place < 0) return;
      const left = rules.filter((_, at) => at !== place) as ItemRuleBody[];
      await call("update_labeling_session", { run_id }, { body: { rules: left } });
    },
    onSuccess: () => askLabelingAnew(client),
  });
  const found = rules.data ?? [];
  return (
    <section className={classes.part}>
      <h2>{t.title}</h2>
      <p className={classes.hint}>{t.hint}</p>
      {rules.isError && <ProblemNote error={rules.error} />}
      {found.length === 0 ? (
        <p className="dim">{t.none}</p>
      ) : (
        <RowsTable
          label={t.title}
          heads={[
            { label: t.rule },
            { label: t.filter },
            { label: t.lastRun },
            { label: t.lastAdded, numeric: true },
            { label: t.inAll, numeric: true },
            { label: t.error },
            ...(writes ? [{ label: t.remove, unlabelled: true }] : []),
          ]}
          rows={found.map(({ rule, last_run_ms, last_added, added, error }, place) => ({
            key: `${place} ${JSON.stringify(rule)}`,
            cells: [
              <SafeText key="r" text={told(rule)} />,
              <SafeText key="f" text={rule.filter || t.everything} />,
              last_run_ms === null ? t.never : <Moment key="m" ms={last_run_ms} />,
              exactNumber(last_added),
              rule.most === null ? exactNumber(added) : t.of(exactNumber(added), exactNumber(rule.most)),
              <SafeText key="e" text={error ?? ""} />,
              ...(writes
                ? [
                    <Button
                      key="x"
                      size="compact-xs"
                      variant="subtle"
                      loading={remove.isPending}
                      aria-label={t.removeOne(told(rule))}
                      onClick={() => remove.mutate(rule)}
                    >
                      {t.remove}
                    </Button>,
                  ]
                : []),
            ],
          }))}
        />
      )}
      {remove.isError && <ProblemNote error={remove.error} />}
      {writes && (
        <div className={classes.buttons}>
          <Button variant="default" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        </div>
      )}
      {adding && <AddItems session={session} first="rule" close={() => setAdding(false)} />}
    </section>
  );
}

function sameRule(one: ItemRule, other: ItemRule): boolean {
  const keys = Object.keys(one) as (keyof ItemRule)[];
  return keys.every((key) => one[key] === other[key]);
}

function told({ kind, share, name, below }: ItemRule): string {
  if (kind === "sample") return t.sample(percent(finite(share) ?? 0));
  return kind === "low_score"
    ? t.low(name ?? "", exactNumber(finite(below) ?? 0))
    : t.disagreement(name ?? "");
}
