import {
  Button,
  Checkbox,
  Modal,
  NativeSelect,
  NumberInput,
  SegmentedControl,
  TextInput,
} from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { datasetsQuery } from "@/api/asset-queries";
import { call, isFilterProblem } from "@/api/client";
import { assessmentNamesQuery, countQuery } from "@/api/queries";
import { askLabelingAnew } from "@/api/review-queries";
import type { ItemRuleBody, ItemsReport, LabelingSession } from "@/api/schema";
import { FilterBar } from "@/components/filter-bar";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { exactNumber } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.addItems;
const MOST = 1_000;
const WAYS = ["search", "records", "rule"] as const;
const RULES = ["sample", "low_score", "disagreement"] as const;
const COMING = ["newest", "oldest"] as const;
type Way = (typeof WAYS)[number];
type Rule = (typeof RULES)[number];

/** Which of the traces that a filter finds are added first, and at a limit alone. */
export type Coming = (typeof COMING)[number];

interface AddItemsProps {
  session: LabelingSession;
  close: () => void;
  first?: Way;
}

/** Adds items to a session: traces by a filter, records of a dataset, or what a rule chooses. */
export function AddItems({ session, close, first = "search" }: AddItemsProps) {
  const { run_id, experiment_id: experimentId } = session.run;
  const [way, setWay] = useState<Way>(first);
  const [filter, setFilter] = useState("");
  const [written, setWritten] = useState("");
  const [limit, setLimit] = useState<number | string>(100);
  const [coming, setComing] = useState<Coming>("newest");
  const [dataset, setDataset] = useState<string | null>(null);
  const [rule, setRule] = useState<Rule>("sample");
  const [share, setShare] = useState<number | string>(10);
  const [name, setName] = useState("");
  const [below, setBelow] = useState<number | string>(0.5);
  const [standing, setStanding] = useState(first === "rule");
  const [inAll, setInAll] = useState<number | string>("");
  const ruleAlone = first === "rule";
  const client = useQueryClient();
  const datasets = useInfiniteQuery(datasetsQuery({ experiment: experimentId, filter: "", order: "" }));
  const offered = datasets.data?.pages.flatMap((page) => page.items) ?? [];
  const from = dataset ?? offered[0]?.dataset_id ?? "";
  const number = (value: number | string) => (typeof value === "number" ? value : null);
  const most = number(limit) ?? MOST;
  const add = useMutation({
    meta: { shown: true },
    mutationFn: async (): Promise<ItemsReport | LabelingSession> => {
      const params = { run_id };
      if (way === "search")
        return call("add_labeling_traces", params, {
          body: { filter: written, limit: most, order: orderOf(coming) },
        });
      if (way === "records")
        return call("add_labeling_records", params, {
          body: { dataset_id: from, filter: written, limit: most },
        });
      const told =
        rule === "sample"
          ? { share: (number(share) ?? 0) / 100 }
          : { name: name.trim(), below: rule === "low_score" ? number(below) : null };
      const made = { kind: rule, filter: written, limit: most, ...told };
      if (!standing) return call("add_labeling_items_by_rule", params, { body: made });
      // To the rules that stand now: somebody else may have changed them since they were shown.
      const present = await call("get_labeling_session", params);
      const rules = [...(present.rules as ItemRuleBody[]), { ...made, most: number(inAll) }];
      return call("update_labeling_session", params, { body: { rules } });
    },
    onSuccess: async (report) => {
      await askLabelingAnew(client);
      showToast(
        "added" in report
          ? t.added(report.added, report.known, report.left_removed, report.restored)
          : text.standing.kept,
      );
      close();
    },
  });
  const shareFault = way === "rule" && rule === "sample" && !isShare(share);
  const incomplete =
    number(limit) === null ||
    (way === "records" && from === "") ||
    shareFault ||
    (way === "rule" && rule !== "sample" && name.trim() === "") ||
    (way === "rule" && rule === "low_score" && number(below) === null);
  return (
    <Modal opened onClose={close} title={ruleAlone ? text.standing.add : t.title} size="lg">
      <div className={classes.form}>
        {!ruleAlone && (
          <SegmentedControl
            aria-label={t.from}
            data={WAYS.map((value) => ({ value, label: t.ways[value] }))}
            value={way}
            onChange={(next) => {
              setWay(next as Way);
              setFilter("");
            }}
          />
        )}
        {way === "records" &&
          (offered.length === 0 ? (
            <p className="dim">{t.noDatasets}</p>
          ) : (
            <NativeSelect
              label={t.dataset}
              data={offered.map((each) => ({ value: each.dataset_id, label: visibleText(each.name) }))}
              value={from}
              onChange={(event) => setDataset(event.currentTarget.value)}
            />
          ))}
        {way === "rule" && (
          <>
            <NativeSelect
              label={t.rule}
              description={t.ruleHints[rule]}
              data={RULES.map((value) => ({ value, label: t.rules[value] }))}
              value={rule}
              onChange={(event) => setRule(event.currentTarget.value as Rule)}
            />
            {rule === "sample" ? (
              <NumberInput
                className={classes.number}
                label={t.share}
                clampBehavior="none"
                size="xs"
                value={share}
                error={shareFault && t.shareFault}
                onChange={setShare}
              />
            ) : (
              <JudgmentName experimentId={experimentId} value={name} onChange={setName} />
            )}
            {rule === "low_score" && (
              <NumberInput label={t.below} size="xs" value={below} onChange={setBelow} />
            )}
            {ruleAlone ? (
              <p className="dim">{text.standing.hint}</p>
            ) : (
              <Checkbox
                label={text.standing.keep}
                description={text.standing.hint}
                checked={standing}
                onChange={(event) => setStanding(event.currentTarget.checked)}
              />
            )}
          </>
        )}
        {way === "rule" && <p>{t.ruleFilter}</p>}
        <FilterBar
          key={way}
          experimentId={experimentId}
          entity={way === "records" ? "record" : "trace"}
          value={filter}
          placeholder={way === "rule" ? t.ruleFilterHint : way === "records" ? "" : t.filterHint}
          onChange={setFilter}
          onDraft={setWritten}
        />
        {way === "search" && (
          <>
            <Matches experimentId={experimentId} filter={filter} />
            <Arrival coming={coming} onChange={setComing} />
          </>
        )}
        <NumberInput
          className={classes.number}
          label={way === "rule" && standing ? text.standing.round : t.limit}
          min={1}
          max={MOST}
          size="xs"
          value={limit}
          onChange={setLimit}
        />
        {way === "rule" && standing && (
          <NumberInput
            className={classes.number}
            label={text.standing.most}
            description={text.standing.mostHint}
            min={1}
            size="xs"
            value={inAll}
            onChange={setInAll}
          />
        )}
        {add.isError && <ProblemNote error={add.error} />}
        <div className={classes.buttons}>
          <Button loading={add.isPending} disabled={incomplete} onClick={() => add.mutate()}>
            {t.submit}
          </Button>
          <Button variant="default" onClick={close}>
            {text.common.cancel}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** Whether a share in percent is one that a rule takes. */
function isShare(share: number | string): boolean {
  return typeof share === "number" && share > 0 && share <= 100;
}

/** The order of traces as the server takes it. */
export function orderOf(coming: Coming): string {
  return coming === "newest" ? "start DESC" : "start ASC";
}

/** Chooses the order in which the traces of a filter are added. */
export function Arrival({ coming, onChange }: { coming: Coming; onChange: (coming: Coming) => void }) {
  return (
    <NativeSelect
      className={classes.number}
      label={t.coming}
      data={COMING.map((value) => ({ value, label: t.comings[value] }))}
      value={coming}
      onChange={(event) => onChange(event.currentTarget.value as Coming)}
    />
  );
}

/** How many traces a filter finds, in a line that is there from the start. */
export function Matches({ experimentId, filter }: { experimentId: string; filter: string }) {
  const found = useQuery(countQuery({ experiment: experimentId, filter }));
  const count = found.data?.count;
  if (found.isError && !isFilterProblem(found.error)) return <ProblemNote error={found.error} />;
  return (
    <p className="dim" role="status">
      {count === undefined ? " " : count === 1 ? t.matchesOne : t.matches(exactNumber(count))}
    </p>
  );
}

interface JudgmentNameProps {
  experimentId: string;
  value: string;
  onChange: (name: string) => void;
}

function JudgmentName({ experimentId, value, onChange }: JudgmentNameProps) {
  const names = useQuery(assessmentNamesQuery(experimentId));
  return (
    <>
      <TextInput
        label={t.name}
        required
        maxLength={250}
        list="rule-names"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id="rule-names">
        {(names.data?.names ?? []).map((each) => (
          <option key={each.name} value={each.name} />
        ))}
      </datalist>
    </>
  );
}
