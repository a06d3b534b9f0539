import { Modal, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, Problem } from "@/api/client";
import type { Dataset, DatasetRecord, RecordsBody } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LineField, LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { draftOf, faultsIn, NEW_RECORD, PARTS, type RecordDraft, recordBody } from "./record-draft";
import { RECORD_KEYS } from "./remove-record";

const t = text.dataset.form;

interface RecordFormProps {
  dataset: Dataset;
  /** Called with the record that is now in the draft. */
  saved: (recordId: string) => void;
  close: () => void;
}

/** Writes a new record into the draft of a dataset. */
export function NewRecord({ dataset, saved, close }: RecordFormProps) {
  return (
    <Modal opened onClose={close} size="xl" title={t.create}>
      <Fields dataset={dataset} saved={saved} close={close} />
    </Modal>
  );
}

/** Rewrites a record in the draft; it is read anew, with its numbers as they are written. */
export function EditRecord(props: RecordFormProps & { recordId: string; version: string }) {
  const { dataset, recordId: record_id, version, close } = props;
  const found = useQuery({
    queryKey: ["record", dataset.dataset_id, record_id, version, "written"],
    gcTime: 0,
    queryFn: ({ signal }) =>
      call("get_record", { dataset_id: dataset.dataset_id, record_id, version }, { signal }),
  });
  return (
    <Modal opened onClose={close} size="xl" title={t.edit}>
      {found.isError && <ProblemNote error={found.error} />}
      {found.isPending && <Skeleton height={300} />}
      {found.data !== undefined && <Fields {...props} before={found.data} />}
    </Modal>
  );
}

function Fields({ dataset, saved, close, before }: RecordFormProps & { before?: DatasetRecord }) {
  const [draft, setDraft] = useState<RecordDraft>(() =>
    before === undefined ? NEW_RECORD : draftOf(before),
  );
  const client = useQueryClient();
  const { dataset_id } = dataset;
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const body: RecordsBody = {
        operation: before === undefined ? "append" : "put",
        records: [recordBody(draft, before)],
        draft: true,
      };
      const report = await call("write_records", { dataset_id }, { body });
      const [rejected] = report.rejected;
      if (rejected !== undefined)
        throw new Problem(400, t.rejected(rejected.reason, rejected.pointer), "record_rejected");
      return report;
    },
    onSuccess: async (report) => {
      await Promise.all(RECORD_KEYS.map((key) => client.invalidateQueries({ queryKey: [key] })));
      close();
      showToast(t.saved);
      saved(report.record_ids[0] ?? "");
    },
  });
  const faults = faultsIn(draft);
  const wrong = Object.keys(faults).length > 0;
  const change = (next: Partial<RecordDraft>) => setDraft((now) => ({ ...now, ...next }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!wrong) save.mutate();
  };
  return (
    <form onSubmit={submit} className={classes.form}>
      {PARTS.map((part) => (
        <LongField
          key={part}
          label={text.dataset[part]}
          description={t.hints[part]}
          classNames={{ input: "mono" }}
          rows={part === "inputs" ? [5, 20] : [2, 20]}
          error={faults[part] === undefined ? null : t.faults[faults[part]]}
          value={draft[part]}
          onText={(written) => change({ [part]: written })}
        />
      ))}
      <LineField
        label={text.dataset.split}
        description={t.hints.split}
        maxLength={100}
        value={draft.split}
        onText={(split) => change({ split })}
      />
      <LineField
        label={t.externalId}
        description={t.hints.external}
        maxLength={250}
        value={draft.external_id}
        onText={(external_id) => change({ external_id })}
      />
      {save.isError && <ProblemNote error={save.error} />}
      <FormButtons submit={t.save} busy={save.isPending} disabled={wrong} close={close} />
    </form>
  );
}
