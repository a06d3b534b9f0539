import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "@/api/client";
import { issuesQuery } from "@/api/issue-queries";
import type { Issue } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { IssueFields } from "@/features/issues/issue-fields";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import { PanelForm } from "./panel-form";

const t = text.assess;
const NEW = "";
/** By it the server knows a reference again: of each trace there is one to an issue, however often it is linked. */
const LINK = "link";

interface LinkIssueFormProps {
  traceId: string;
  experimentId: string;
  /** What is shown first: the kinds of what can be logged. */
  kinds: ReactNode;
  close: () => void;
  saved: () => Promise<unknown>;
}

/** Says that a trace shows an issue: one of the experiment, or one that is made here. */
export function LinkIssueForm({ traceId, experimentId, kinds, close, saved }: LinkIssueFormProps) {
  const found = useInfiniteQuery(issuesQuery({ experiment: experimentId, status: null, severity: null }));
  const issues = found.data?.pages.flatMap((page) => page.items.map((item) => item.issue)) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [rationale, setRationale] = useState("");
  const client = useQueryClient();
  const issue = chosen ?? issues[0]?.issue_id ?? NEW;
  const save = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const draft = { experiment: experimentId, name: name.trim(), description };
      const issueId = issue === NEW ? (await call("create_issue", {}, { body: draft })).issue_id : issue;
      // Once it is made, a second try goes on with it.
      setChosen(issueId);
      const reason = rationale.trim() || null;
      const body = {
        trace_id: traceId,
        kind: "ISSUE_REF" as const,
        name: issueId,
        identifier: LINK,
        rationale: reason,
      };
      return call("log_assessment", {}, { body });
    },
    onSuccess: async () => {
      await saved();
      showToast(t.linked);
      close();
    },
    onSettled: () => {
      for (const key of ["issues", "issue", "issue-traces"])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const described = name.trim() !== "" && description.trim() !== "";
  return (
    <PanelForm label={t.title} submit={() => save.mutate()} close={close}>
      {kinds}
      <NativeSelect
        label={t.issue}
        disabled={found.isPending}
        data={[
          ...issues.map((each) => ({ value: each.issue_id, label: labelOf(each) })),
          { value: NEW, label: text.issues.create },
        ]}
        value={issue}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      {issue === NEW && !found.isPending && (
        <IssueFields name={name} onName={setName} description={description} onDescription={setDescription} />
      )}
      <LongField
        label={t.rationale}
        placeholder={t.linkHint}
        rows={[2, 8]}
        value={rationale}
        onText={setRationale}
      />
      {save.isError && <ProblemNote error={save.error} />}
      <FormButtons
        submit={t.link}
        busy={save.isPending}
        disabled={found.isPending || (issue === NEW && !described)}
        close={close}
      />
    </PanelForm>
  );
}

/** What an issue is called, and its state where that is not the first one. */
function labelOf({ name, status }: Issue): string {
  const shown = visibleText(name);
  return status === "pending" ? shown : `${shown} (${text.issues.statuses[status]})`;
}
