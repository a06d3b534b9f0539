import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import type { Experiment } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { LineField, LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import classes from "./experiment-form.module.css";
import { parseTags, tagChange, tagLines } from "./tag-lines";

const t = text.experiments;

/** Creates an experiment, or changes one: name, description, tags. */
export function ExperimentForm({ experiment, close }: { experiment?: Experiment; close: () => void }) {
  const [name, setName] = useState(experiment?.name ?? "");
  const [description, setDescription] = useState(experiment?.description ?? "");
  const [tags, setTags] = useState(tagLines(experiment?.tags ?? {}));
  const parsed = parseTags(tags);
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const given = parsed.tags ?? {};
      if (experiment === undefined)
        return call("create_experiment", {}, { body: { name: name.trim(), description, tags: given } });
      const { experiment_id } = experiment;
      const body = { name: name.trim(), description, ...tagChange(experiment.tags, given) };
      return call("update_experiment", { experiment_id }, { body });
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["experiments"] });
      await client.invalidateQueries({ queryKey: ["experiment", saved.experiment_id] });
      close();
      showToast(experiment === undefined ? t.created(saved.name) : t.changed);
      if (experiment === undefined)
        await navigate({ to: "/experiments/$experimentId", params: { experimentId: saved.experiment_id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (parsed.wrong === null) save.mutate();
  };
  return (
    <Modal opened onClose={close} title={experiment === undefined ? t.create : t.rename}>
      <form onSubmit={submit} className={classes.form}>
        <LineField
          label={t.name}
          description={t.nameHint}
          required
          maxLength={500}
          data-autofocus
          value={name}
          onText={setName}
        />
        <LongField label={t.description} rows={[2, 8]} value={description} onText={setDescription} />
        <LongField
          label={t.tags}
          description={t.tagsHint}
          rows={[2, 8]}
          error={parsed.wrong === null ? null : t.tagsInvalid(parsed.wrong)}
          value={tags}
          onText={setTags}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Button type="submit" loading={save.isPending}>
          {experiment === undefined ? text.common.create : text.common.save}
        </Button>
      </form>
    </Modal>
  );
}
