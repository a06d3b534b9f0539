import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import type { Dataset, DatasetRecord } from "@/api/schema";
import { Confirm } from "@/components/form-buttons";
import { showToast } from "@/components/toast-store";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";

const t = text.dataset.alike;
/** What shows records of the latest version or the draft, or counts them. */
export const RECORD_KEYS = [
  "dataset",
  "datasets",
  "dataset-versions",
  "records",
  "record",
  "record-differences",
  "near-duplicates",
];

interface RemoveRecordProps {
  dataset: Dataset;
  /** The latest version, or the draft. */
  version: string;
  record: DatasetRecord;
  /** What it says almost the same as. */
  first: DatasetRecord;
  /** Called with the version to look at then: undefined for the latest. */
  done: (version: "draft" | undefined) => void;
}

/** Removes a record: from the draft where there is one, else by a new version without it. */
export function RemoveRecord({ dataset, version, record, first, done }: RemoveRecordProps) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const name = visibleText(record.external_id ?? record.record_id);
  const draft = version === "draft" || dataset.draft_changes > 0;
  const remove = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call(
        "write_records",
        { dataset_id: dataset.dataset_id },
        {
          body: {
            operation: "delete",
            delete_ids: [record.record_id],
            draft,
            message: t.removedMessage(first.external_id ?? first.record_id),
            // A version that came in between may have another record in its place.
            expected_version: draft ? null : dataset.latest_version,
          },
        },
      ),
    onSuccess: async ({ version: made }) => {
      setAsking(false);
      done(made === null ? "draft" : undefined);
      showToast(made === null ? t.removedFromDraft(name) : t.removed(name, made));
      await Promise.all(RECORD_KEYS.map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        c="var(--bad)"
        aria-label={t.removeOf(name)}
        onClick={() => setAsking(true)}
      >
        {t.remove}
      </Button>
      {asking && (
        <Confirm
          title={t.removeTitle(name)}
          hint={draft ? t.removeFromDraft : t.removeHint(dataset.latest_version + 1)}
          act={t.remove}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          close={() => {
            remove.reset();
            setAsking(false);
          }}
        />
      )}
    </>
  );
}
