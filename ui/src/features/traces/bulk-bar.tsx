import { Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconArrowsDiff,
  IconDatabasePlus,
  IconDownload,
  IconGavel,
  IconTag,
  IconTrash,
  IconUserCheck,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { assessmentNamesQuery } from "@/api/queries";
import { Confirm } from "@/components/form-buttons";
import { type JudgmentDraft, JudgmentFields, noJudgment } from "@/components/judgment-fields";
import { ProblemNote } from "@/components/problem-note";
import { ReadOnly } from "@/components/read-only";
import { showToast } from "@/components/toast-store";
import { judgmentValue } from "@/lib/judgment";
import { text } from "@/strings";
import classes from "./bulk-bar.module.css";
import { DatasetDialog } from "./dataset-dialog";
import { download, exportTraces } from "./export-traces";
import { LabelingDialog } from "./labeling-dialog";

const t = text.traces;
/** What the server takes in one request. */
const AT_ONCE = 1_000;

interface BulkProps {
  experimentId: string;
  ids: readonly string[];
  clear: () => void;
}

/** What can be done with the selected traces. */
export function BulkBar({ experimentId, ids, clear }: BulkProps) {
  const [tagging, tag] = useDisclosure(false);
  const [assessing, assess] = useDisclosure(false);
  const [adding, add] = useDisclosure(false);
  const [labeling, label] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [done, setDone] = useState(0);
  const navigate = useNavigate();
  const may = useMayIn(experimentId);
  const mayChange = may("trace.edit") || may("assessment.write") || may("trace.delete");
  const save = useMutation({
    mutationFn: () => exportTraces(ids, setDone),
    onSuccess: (file) => {
      download(file, `traces-${experimentId}.jsonl`);
      showToast(t.exported(ids.length));
    },
  });
  const compare = () =>
    void navigate({
      to: "/experiments/$experimentId/compare",
      params: { experimentId },
      search: { left: ids[0], right: ids[1] },
    });
  return (
    <div className={classes.bar} role="toolbar" aria-label={t.selected(ids.length)}>
      <strong>{t.selected(ids.length)}</strong>
      {may("trace.edit") && (
        <Button variant="default" leftSection={<IconTag size={14} aria-hidden />} onClick={tag.open}>
          {t.tag}
        </Button>
      )}
      {may("assessment.write") && (
        <Button variant="default" leftSection={<IconGavel size={14} aria-hidden />} onClick={assess.open}>
          {t.assess}
        </Button>
      )}
      {may("dataset.write") && (
        <Button
          variant="default"
          leftSection={<IconDatabasePlus size={14} aria-hidden />}
          disabled={ids.length > AT_ONCE}
          onClick={add.open}
        >
          {t.addToDataset}
        </Button>
      )}
      {may("labeling.write") && (
        <Button
          variant="default"
          leftSection={<IconUserCheck size={14} aria-hidden />}
          disabled={ids.length > AT_ONCE}
          onClick={label.open}
        >
          {t.addToLabeling}
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<IconDownload size={14} aria-hidden />}
        disabled={save.isPending}
        onClick={() => save.mutate()}
      >
        {save.isPending ? `${t.export} ${done}/${ids.length}` : t.export}
      </Button>
      {ids.length === 2 && (
        <Button variant="default" leftSection={<IconArrowsDiff size={14} aria-hidden />} onClick={compare}>
          {t.compare}
        </Button>
      )}
      {may("trace.delete") && (
        <Button
          variant="default"
          c="var(--bad)"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={remove.open}
        >
          {t.delete}
        </Button>
      )}
      <Button variant="subtle" onClick={clear}>
        {t.unselect}
      </Button>
      {!mayChange && <ReadOnly experimentId={experimentId} />}
      {tagging && <TagDialog ids={ids} close={tag.close} />}
      {assessing && <AssessDialog experimentId={experimentId} ids={ids} close={assess.close} />}
      {adding && <DatasetDialog experimentId={experimentId} ids={ids} close={add.close} />}
      {labeling && <LabelingDialog experimentId={experimentId} ids={ids} close={label.close} />}
      {deleting && <DeleteDialog ids={ids} close={remove.close} clear={clear} />}
    </div>
  );
}

function portions(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) parts.push(ids.slice(from, from + AT_ONCE));
  return parts;
}

function TagDialog({ ids, close }: { ids: readonly string[]; close: () => void }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      let tagged = 0;
      for (const trace_ids of portions(ids)) {
        const body = { trace_ids, set: { [key.trim()]: value } };
        tagged += (await call("tag_traces", {}, { body })).tagged;
      }
      return tagged;
    },
    onSuccess: (tagged) => {
      showToast(t.tagged(tagged, ids.length));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["traces"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={close} title={`${t.tag}: ${t.selected(ids.length)}`}>
      <form onSubmit={submit} className={classes.form}>
        <TextInput
          label={t.tagKey}
          required
          maxLength={250}
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          label={t.tagValue}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Button type="submit" loading={save.isPending}>
          {text.common.save}
        </Button>
      </form>
    </Modal>
  );
}

function AssessDialog({
  experimentId,
  ids,
  close,
}: Pick<BulkProps, "experimentId" | "ids"> & { close: () => void }) {
  const [draft, setDraft] = useState<JudgmentDraft>(noJudgment);
  const known = useQuery(assessmentNamesQuery(experimentId));
  const names = (known.data?.names ?? []).filter((each) => each.kind === "FEEDBACK").map((each) => each.name);
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const judgment = {
        name: draft.name.trim(),
        value: judgmentValue(draft.value),
        rationale: draft.rationale.trim() || null,
      };
      const items = [];
      for (const part of portions(ids)) {
        const assessments = part.map((trace_id) => ({ ...judgment, trace_id }));
        items.push(...(await call("log_assessments", {}, { body: { assessments } })));
      }
      const refused = items.filter((item) => item.assessment === null);
      if (refused.length === items.length) throw new Error(refused[0]?.message ?? t.noneAssessed);
      return items.length - refused.length;
    },
    onSuccess: (assessed) => {
      showToast(t.assessed(assessed, ids.length));
      void client.invalidateQueries({ queryKey: ["traces"] });
      void client.invalidateQueries({ queryKey: ["assessment-names"] });
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={close} title={`${t.assess}: ${t.selected(ids.length)}`}>
      <form onSubmit={submit} className={classes.form}>
        <JudgmentFields draft={draft} onDraft={setDraft} names={names} />
        {save.isError && <ProblemNote error={save.error} />}
        <Button
          type="submit"
          loading={save.isPending}
          disabled={draft.name.trim() === "" || draft.value.trim() === ""}
        >
          {text.common.save}
        </Button>
      </form>
    </Modal>
  );
}

function DeleteDialog({
  ids,
  close,
  clear,
}: {
  ids: readonly string[];
  close: () => void;
  clear: () => void;
}) {
  const client = useQueryClient();
  const remove = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      let deleted = 0;
      for (const trace_ids of portions(ids))
        deleted += (await call("delete_traces", {}, { body: { trace_ids } })).deleted;
      return deleted;
    },
    onSuccess: async (deleted) => {
      showToast(t.deleted(deleted));
      close();
      clear();
      for (const key of ["traces", "count", "facet", "aggregate"])
        await client.invalidateQueries({ queryKey: [key] });
    },
  });
  return (
    <Confirm
      destroys
      title={t.deleteTitle(ids.length)}
      hint={t.deleteHint}
      act={t.delete}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      close={close}
    />
  );
}
