import { Button, Modal, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { datasetsQuery } from "@/api/asset-queries";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import type { LabelingSession, SyncReport } from "@/api/schema";
import { FactList } from "@/components/facts";
import { Count } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { LineField } from "@/components/text-fields";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.syncing;
/** The dataset that is made with the name that is written. */
const NEW = "";
const MOST_NAME = 250;
const FIGURES = ["items", "skipped", "inserted", "updated", "unchanged", "rejected", "version"] as const;

/** Carries what people expect into a dataset, and says what came of it. */
export function SyncDialog({ session, close }: { session: LabelingSession; close: () => void }) {
  const experimentId = session.run.experiment_id;
  const found = useInfiniteQuery(datasetsQuery({ experiment: experimentId, filter: "", order: "" }));
  const datasets = found.data?.pages.flatMap((page) => page.items);
  const [chosen, setChosen] = useState<string | null>(session.dataset_id);
  const dataset = chosen ?? datasets?.[0]?.dataset_id ?? NEW;
  const [name, setName] = useState("");
  const mayMake = useMayIn(experimentId)("dataset.write");
  const client = useQueryClient();
  const sync = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const body = { experiment: experimentId, name: name.trim() };
      const into = dataset === NEW ? (await call("create_dataset", {}, { body })).dataset_id : dataset;
      // Once it is made, a second try goes on with it.
      setChosen(into);
      return call("sync_labeling_session", { run_id: session.run.run_id }, { body: { dataset_id: into } });
    },
    onSettled: () => {
      for (const key of ["datasets", "dataset", "dataset-versions", "records"])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    sync.mutate();
  };
  const offered = (datasets ?? []).map((each) => ({
    value: each.dataset_id,
    label: visibleText(each.name),
  }));
  if (dataset !== NEW && !offered.some(({ value }) => value === dataset))
    offered.push({ value: dataset, label: dataset });
  if (mayMake) offered.push({ value: NEW, label: text.traces.newDataset });
  return (
    <Modal opened onClose={close} title={t.title}>
      <form className={classes.form} onSubmit={submit}>
        <p className="dim">{t.hint}</p>
        {datasets !== undefined && offered.length === 0 ? (
          <p>{text.addItems.noDatasets}</p>
        ) : (
          <NativeSelect
            label={text.addItems.dataset}
            data={offered}
            value={dataset}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
        )}
        {dataset === NEW && mayMake && (
          <LineField
            label={text.traces.datasetName}
            required
            maxLength={MOST_NAME}
            value={name}
            onText={setName}
          />
        )}
        {found.isError && <ProblemNote error={found.error} />}
        {sync.isError && <ProblemNote error={sync.error} />}
        {sync.data !== undefined && <Result experimentId={experimentId} report={sync.data} />}
        <Button
          type="submit"
          loading={sync.isPending}
          disabled={found.isPending || (dataset === NEW && name.trim() === "")}
        >
          {t.submit}
        </Button>
      </form>
    </Modal>
  );
}

/** Said also when there is nothing of it; of the others a nothing says nothing. */
const ALWAYS: ReadonlySet<string> = new Set(["items", "version"]);

function Result({ experimentId, report }: { experimentId: string; report: SyncReport }) {
  const shown = FIGURES.filter((name) => ALWAYS.has(name) || report[name] !== 0);
  return (
    <div role="status">
      <FactList facts={shown.map((name) => [t.result[name], <Count key={name} value={report[name]} />])} />
      <Link
        to="/experiments/$experimentId/datasets/$datasetId"
        params={{ experimentId, datasetId: report.dataset_id }}
      >
        {t.open}
      </Link>
    </div>
  );
}
