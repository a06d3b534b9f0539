import { Modal, NativeSelect } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import type { Dataset } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LineField, LongField } from "@/components/text-fields";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";

const t = text.datasets;
const IDENTITIES = ["by_input", "by_external_id", "none"] as const;

/** Makes a dataset, and goes there. */
export function DatasetForm({ experimentId, close }: { experimentId: string; close: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [identity, setIdentity] = useState<Dataset["identity"]>("by_input");
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call(
        "create_dataset",
        {},
        { body: { experiment: experimentId, name: name.trim(), description, identity } },
      ),
    onSuccess: async ({ dataset_id }) => {
      await client.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({
        to: "/experiments/$experimentId/datasets/$datasetId",
        params: { experimentId, datasetId: dataset_id },
      });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={close} title={t.create}>
      <form onSubmit={submit} className={classes.form}>
        <LineField label={t.name} required data-autofocus maxLength={500} value={name} onText={setName} />
        <LongField label={t.columns.description} rows={[2, 8]} value={description} onText={setDescription} />
        <NativeSelect
          label={t.columns.identity}
          description={t.identityHint}
          data={IDENTITIES.map((value) => ({ value, label: t.identities[value] }))}
          value={identity}
          onChange={(event) => setIdentity(event.currentTarget.value as Dataset["identity"])}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <FormButtons
          submit={text.common.create}
          busy={save.isPending}
          disabled={name.trim() === ""}
          close={close}
        />
      </form>
    </Modal>
  );
}
