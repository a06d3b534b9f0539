import { Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowsDiff, IconDownload, IconGavel, IconTag, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { type JudgmentDraft, JudgmentFields, noJudgment } from "@/components/judgment-fields";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { judgmentValue } from "@/lib/judgment";
import { text } from "@/strings";
import classes from "./bulk-bar.module.css";
import { download, exportTraces } from "./export-traces";

const t = text.traces;
const AT_ONCE = 6;

interface BulkProps {
  experimentId: string;
  ids: readonly string[];
  clear: () => void;
}

/** What can be done with the selected traces. */
export function BulkBar({ experimentId, ids, clear }: BulkProps) {
  const [tagging, tag] = useDisclosure(false);
  const [assessing, assess] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [done, setDone] = useState(0);
  const navigate = useNavigate();
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
      <Button variant="default" leftSection={<IconTag size={14} aria-hidden />} onClick={tag.open}>
        {t.tag}
      </Button>
      <Button variant="default" leftSection={<IconGavel size={14} aria-hidden />} onClick={assess.open}>
        {t.assess}
      </Button>
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
      <Button
        variant="default"
        c="var(--bad)"
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={remove.open}
      >
        {t.delete}
      </Button>
      <Button variant="subtle" onClick={clear}>
        {t.unselect}
      </Button>
      {tagging && <TagDialog ids={ids} close={tag.close} />}
      {assessing && <AssessDialog ids={ids} close={assess.close} />}
      {deleting && <DeleteDialog ids={ids} close={remove.close} clear={clear} />}
    </div>
  );
}

/** Runs a change for each id, a few at once; the first failure stops it. */
async function forEach(ids: readonly string[], change: (id: string) => Promise<unknown>): Promise<void> {
  const left = [...ids];
  const worker = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) await change(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function TagDialog({ ids, close }: { ids: readonly string[]; close: () => void }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      forEach(ids, (trace_id) => call("tag_trace", { trace_id }, { body: { set: { [key.trim()]: value } } })),
    onSuccess: () => {
      showToast(t.tagged(ids.length));
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

function AssessDialog({ ids, close }: { ids: readonly string[]; close: () => void }) {
  const [draft, setDraft] = useState<JudgmentDraft>(noJudgment);
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const assessments = ids.map((trace_id) => ({
        trace_id,
        name: draft.name.trim(),
        value: judgmentValue(draft.value),
        rationale: draft.rationale.trim() || null,
      }));
      for (let from = 0; from < assessments.length; from += 100)
        await call("log_assessments", {}, { body: { assessments: assessments.slice(from, from + 100) } });
    },
    onSuccess: () => {
      showToast(t.assessed(ids.length));
      void client.invalidateQueries({ queryKey: ["traces"] });
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
        <JudgmentFields draft={draft} onDraft={setDraft} />
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
      for (let from = 0; from < ids.length; from += 1_000) {
        const body = { trace_ids: ids.slice(from, from + 1_000) };
        deleted += (await call("delete_traces", {}, { body })).deleted;
      }
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
    <Modal opened onClose={close} title={t.deleteTitle(ids.length)}>
      <p>{t.deleteHint}</p>
      {remove.isError && <ProblemNote error={remove.error} />}
      <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        {t.delete}
      </Button>
    </Modal>
  );
}
