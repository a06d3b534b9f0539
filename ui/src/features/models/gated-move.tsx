import { Button, FileButton, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { runsQuery } from "@/api/evaluation-queries";
import type { AliasEvent, Model } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { ProblemNote } from "@/components/problem-note";
import { LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { quote } from "@/lib/filtertext";
import { dateTime, exactNumber } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import { GateVerdict } from "./gate-verdict";
import classes from "./models.module.css";
import { OfferedRules, useMeasured } from "./offered-rules";

const t = text.models.gated;
const MOST_OFFERED = 100;
/** What the server takes as a gate file. */
const MOST_RULES = 1_000_000;
/** Events keep no more of a gate file than this: one as long may have been cut. */
const MOST_KEPT = 20_000;
const COMPLETED = "kind = 'EVALUATION' AND status = 'FINISHED'";

interface GatedMoveProps {
  alias: string;
  reason: string;
  model: Model;
  /** Moves of aliases in the experiment, newest first. */
  earlier: readonly AliasEvent[];
  done: () => Promise<void>;
}

/** Moves an alias that wants a passed gate: the evaluation, the rules, what each of them says, and then the move. */
export function GatedMove({ alias, reason, model, earlier, done }: GatedMoveProps) {
  const { experiment_id: experiment, model_id } = model;
  const kept = earlier.find((each) => each.alias === alias && each.gate_rules !== null)?.gate_rules ?? "";
  const usable = kept.length < MOST_KEPT ? kept : "";
  const [chosen, setChosen] = useState<string | null>(null);
  const [baseline, setBaseline] = useState("");
  const [rules, setRules] = useState(usable);
  const own = useOffered(experiment, `${COMPLETED} AND model = ${quote(model_id)}`);
  const all = useOffered(experiment, COMPLETED);
  const run = chosen ?? own?.[0]?.value ?? "";
  const measured = useMeasured(run);
  const hold = useMutation({
    meta: { shown: true },
    onMutate: () => move.reset(),
    mutationFn: (gate: Gate) =>
      call(
        "gate_evaluation",
        { run_id: gate.run },
        { body: { rules: gate.rules, baseline: gate.baseline || null, can_fail: true } },
      ),
  });
  const move = useMutation({
    meta: { shown: true },
    mutationFn: (gate: Gate) => {
      const gate_run = { run_id: gate.run, rules: gate.rules, baseline_run_id: gate.baseline || null };
      return call("set_model_alias", { alias }, { body: { experiment, model_id, reason, gate_run } });
    },
    onSuccess: () => done(),
  });
  const gate = { run, baseline, rules };
  // A verdict is of what it was asked about: once that is changed it says nothing.
  const fresh = hold.variables !== undefined && sameGate(hold.variables, gate);
  const refused = move.isError && sameGate(move.variables, gate);
  const report = fresh && !refused ? hold.data : undefined;
  const load = async (file: File | null) => {
    if (file === null) return;
    const read = file.size > 4 * MOST_RULES ? null : await file.text();
    if (read === null || read.length > MOST_RULES) showToast(t.tooLong(exactNumber(MOST_RULES)), "error");
    else setRules(read);
  };
  if (own?.length === 0)
    return (
      <section className={classes.gate} aria-label={t.title(alias)}>
        <p>{t.wanted(alias)}</p>
        <p role="status">{t.noEvaluation}</p>
      </section>
    );
  return (
    <section className={classes.gate} aria-label={t.title(alias)}>
      <p>{t.wanted(alias)}</p>
      <div className={classes.pair}>
        <NativeSelect
          label={t.evaluation}
          data={own ?? []}
          value={run}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
        <NativeSelect
          label={t.baseline}
          description={t.baselineHint}
          data={[{ value: "", label: t.noBaseline }, ...(all ?? []).filter(({ value }) => value !== run)]}
          value={baseline}
          onChange={(event) => setBaseline(event.currentTarget.value)}
        />
      </div>
      <LongField
        className={classes.rules}
        label={t.rules}
        description={usable !== "" && rules === usable ? t.rulesKept : t.rulesHint}
        placeholder={t.rulesExample(measured[0]?.scorer ?? "correct")}
        spellCheck={false}
        maxLength={MOST_RULES}
        rows={[5, 16]}
        value={rules}
        onText={setRules}
      />
      <OfferedRules
        measured={measured}
        onRule={(rule) => setRules(rules.trim() === "" ? rule : `${rules.trimEnd()}\n\n${rule}`)}
      />
      <div className={classes.acts}>
        <FileButton accept=".toml,text/plain" onChange={(file) => void load(file)}>
          {(props) => (
            <Button variant="default" {...props}>
              {t.load}
            </Button>
          )}
        </FileButton>
        <Button
          variant="default"
          loading={hold.isPending}
          disabled={run === "" || rules.trim() === ""}
          onClick={() => hold.mutate(gate)}
        >
          {t.hold}
        </Button>
        <Button
          loading={move.isPending}
          disabled={report?.status !== "pass"}
          onClick={() => move.mutate(gate)}
        >
          {text.alias.move}
        </Button>
      </div>
      {fresh && hold.isError && <ProblemNote error={hold.error} />}
      {refused && <ProblemNote error={move.error} />}
      <div role="status">{report !== undefined && <GateVerdict report={report} />}</div>
    </section>
  );
}

interface Gate {
  run: string;
  /** Empty for none. */
  baseline: string;
  rules: string;
}

function sameGate(one: Gate, other: Gate): boolean {
  return one.run === other.run && one.baseline === other.baseline && one.rules === other.rules;
}

/** Runs that can be chosen, newest first; undefined until they are known. */
function useOffered(experiment: string, filter: string) {
  const { zone } = useTimeRange();
  const found = useInfiniteQuery(runsQuery(experiment, filter, "", MOST_OFFERED));
  return found.data?.pages[0]?.items.map(({ run_id, name, start_ms }) => ({
    value: run_id,
    label: `${visibleText(name || run_id)} · ${dateTime(start_ms, zone)}`,
  }));
}
