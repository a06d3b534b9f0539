import { Button, Modal, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { askLabelingAnew, labelingSessionsQuery } from "@/api/review-queries";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { visibleText } from "@/lib/hidden";
import { takesItems } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./bulk-bar.module.css";

const t = text.traces;

interface LabelingDialogProps {
  experimentId: string;
  ids: readonly string[];
  close: () => void;
}

/** Makes items of the selected traces, in a labeling session that takes some. */
export function LabelingDialog({ experimentId, ids, close }: LabelingDialogProps) {
  const found = useInfiniteQuery(labelingSessionsQuery(experimentId));
  const sessions = (found.data?.pages.flatMap((page) => page.items) ?? []).filter(takesItems);
  const [chosen, setChosen] = useState<string | null>(null);
  const runId = chosen ?? sessions[0]?.run.run_id ?? "";
  const client = useQueryClient();
  const add = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const items = ids.map((trace_id) => ({ target: { kind: "TRACE" as const, trace_id } }));
      return call("add_labeling_items", { run_id: runId }, { body: { items } });
    },
    onSuccess: async (report) => {
      await askLabelingAnew(client);
      showToast(text.addItems.added(report.added, report.known, report.left_removed, report.restored));
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Modal opened onClose={close} title={`${t.addToLabeling}: ${t.selected(ids.length)}`}>
      <form onSubmit={submit} className={classes.form}>
        <p className="dim">{t.labelingHint}</p>
        {found.data !== undefined && sessions.length === 0 ? (
          <p>
            {t.noLabeling}{" "}
            <Link to="/experiments/$experimentId/labeling/new" params={{ experimentId }}>
              {t.newLabeling}
            </Link>
          </p>
        ) : (
          <NativeSelect
            label={t.labelingSession}
            data={sessions.map(({ run }) => ({
              value: run.run_id,
              label: visibleText(run.name || run.run_id),
            }))}
            value={runId}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
        )}
        {found.isError && <ProblemNote error={found.error} />}
        {add.isError && <ProblemNote error={add.error} />}
        <Button type="submit" loading={add.isPending} disabled={runId === ""}>
          {t.add}
        </Button>
      </form>
    </Modal>
  );
}
