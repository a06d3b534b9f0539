import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { datasetsQuery } from "@/api/asset-queries";
import { call } from "@/api/client";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./bulk-bar.module.css";

const t = text.traces;
const NEW = "";

interface DatasetDialogProps {
  experimentId: string;
  ids: readonly string[];
  close: () => void;
}

/** Makes records of the selected traces, in a dataset that is there or in a new one. */
export function DatasetDialog({ experimentId, ids, close }: DatasetDialogProps) {
  const found = useInfiniteQuery(datasetsQuery({ experiment: experimentId, filter: "", order: "" }));
  const datasets = found.data?.pages.flatMap((page) => page.items) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState("");
  const client = useQueryClient();
  const dataset = chosen ?? datasets[0]?.dataset_id ?? NEW;
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const into =
        dataset === NEW
          ? (await call("create_dataset", {}, { body: { experiment: experimentId, name: name.trim() } }))
              .dataset_id
          : dataset;
      // Once it is made, a second try goes on with it.
      setChosen(into);
      return call("add_traces_to_dataset", { dataset_id: into }, { body: { trace_ids: [...ids] } });
    },
    onSuccess: (report) => {
      showToast(t.added(report.inserted, report.updated, report.unchanged, report.rejected.length));
      close();
    },
    onSettled: () => {
      for (const key of ["datasets", "dataset", "dataset-versions", "records"])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={close} title={`${t.addToDataset}: ${t.selected(ids.length)}`}>
      <form onSubmit={submit} className={classes.form}>
        <p className="dim">{t.addHint}</p>
        <NativeSelect
          label={t.dataset}
          data={[
            ...datasets.map((each) => ({ value: each.dataset_id, label: visibleText(each.name) })),
            { value: NEW, label: t.newDataset },
          ]}
          value={dataset}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
        {dataset === NEW && (
          <TextInput
            label={t.datasetName}
            required
            maxLength={250}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        {save.isError && <ProblemNote error={save.error} />}
        <Button
          type="submit"
          loading={save.isPending}
          disabled={found.isPending || (dataset === NEW && name.trim() === "")}
        >
          {t.add}
        </Button>
      </form>
    </Modal>
  );
}
