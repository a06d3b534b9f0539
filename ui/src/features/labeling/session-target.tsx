import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { datasetsQuery } from "@/api/asset-queries";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { LineField } from "@/components/text-fields";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";

const t = text.newSession;
const MOST_NAME = 250;

/** The dataset that is made with the name that is written; no dataset's id. */
export const NEW_DATASET = "new";
/** Where a session's expectations are carried: a dataset's id, null for none, or a new one of that name. */
export interface Target {
  dataset: string | null;
  name: string;
}
export const NO_TARGET: Target = { dataset: null, name: "" };

/** The id of a target's dataset, which is made when it is a new one; null for none. */
export async function datasetOf(experiment: string, { dataset, name }: Target): Promise<string | null> {
  if (dataset !== NEW_DATASET) return dataset;
  return (await call("create_dataset", {}, { body: { experiment, name: name.trim() } })).dataset_id;
}

interface TargetFieldProps {
  experimentId: string;
  target: Target;
  onChange: (target: Target) => void;
  /** The new dataset was left without a name. */
  nameless: boolean;
}

/** Where expectations are carried: a dataset, a new one, or none. */
export function TargetField({ experimentId, target, onChange, nameless }: TargetFieldProps) {
  const found = useInfiniteQuery(datasetsQuery({ experiment: experimentId, filter: "", order: "" }));
  const datasets = found.data?.pages.flatMap((page) => page.items) ?? [];
  const mayMake = useMayIn(experimentId)("dataset.write");
  return (
    <>
      <NativeSelect
        label={t.dataset}
        description={t.datasetHint}
        data={[
          { value: "", label: t.noDataset },
          ...datasets.map((each) => ({ value: each.dataset_id, label: visibleText(each.name) })),
          ...(mayMake ? [{ value: NEW_DATASET, label: text.traces.newDataset }] : []),
        ]}
        value={target.dataset ?? ""}
        onChange={(event) => onChange({ ...target, dataset: event.currentTarget.value || null })}
      />
      {target.dataset === NEW_DATASET && (
        <LineField
          label={text.traces.datasetName}
          required
          maxLength={MOST_NAME}
          error={nameless ? t.noDatasetName : undefined}
          value={target.name}
          onText={(name) => onChange({ ...target, name })}
        />
      )}
    </>
  );
}
