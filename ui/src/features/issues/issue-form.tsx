import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import type { Issue } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import { IssueFields } from "./issue-fields";

const t = text.issues;

/** Names an issue anew, or describes it anew; only what was changed is sent. */
export function IssueForm({ issue, close }: { issue: Issue; close: () => void }) {
  const [name, setName] = useState(issue.name);
  const [description, setDescription] = useState(issue.description);
  const client = useQueryClient();
  const said = name.trim();
  const change = {
    ...(said === issue.name ? {} : { name: said }),
    ...(description === issue.description ? {} : { description }),
  };
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => call("update_issue", { issue_id: issue.issue_id }, { body: change }),
    onSuccess: async (saved) => {
      await Promise.all(["issue", "issues"].map((key) => client.invalidateQueries({ queryKey: [key] })));
      close();
      showToast(t.saved(saved.name));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <IssueFields name={name} onName={setName} description={description} onDescription={setDescription} />
      {save.isError && <ProblemNote error={save.error} />}
      <FormButtons
        submit={text.common.save}
        busy={save.isPending}
        disabled={said === "" || description.trim() === "" || Object.keys(change).length === 0}
        close={close}
      />
    </form>
  );
}
