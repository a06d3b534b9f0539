import { Button, Modal, NativeSelect } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import type { Issue } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";
import { IssueFields } from "./issue-fields";
import { SEVERITIES } from "./severity";

const t = text.issues;

interface NewIssueProps {
  experimentId: string;
  /** Called with the issue that was made. */
  made: (issue: Issue) => void;
}

/** The way to make an issue; nothing for whom the server would refuse it. */
export function NewIssue({ experimentId, made }: NewIssueProps) {
  const [opened, { open, close }] = useDisclosure(false);
  if (!useMayIn(experimentId)("assessment.write")) return null;
  return (
    <>
      <Button onClick={open}>{t.create}</Button>
      {opened && (
        <Modal opened onClose={close} title={t.create}>
          <NewIssueForm experimentId={experimentId} made={made} close={close} />
        </Modal>
      )}
    </>
  );
}

function NewIssueForm({ experimentId, made, close }: NewIssueProps & { close: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [severity, setSeverity] = useState<Issue["severity"]>(null);
  const client = useQueryClient();
  const create = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call(
        "create_issue",
        {},
        { body: { experiment: experimentId, name: name.trim(), description, severity } },
      ),
    onSuccess: async (issue) => {
      await client.invalidateQueries({ queryKey: ["issues"] });
      close();
      made(issue);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={t.create}>
      <IssueFields name={name} onName={setName} description={description} onDescription={setDescription} />
      <NativeSelect
        label={t.columns.severity}
        data={[
          { value: "", label: t.noSeverity },
          ...SEVERITIES.map((each) => ({ value: each, label: t.severities[each] })),
        ]}
        value={severity ?? ""}
        onChange={(event) =>
          setSeverity(SEVERITIES.find((each) => each === event.currentTarget.value) ?? null)
        }
      />
      {create.isError && <ProblemNote error={create.error} />}
      <FormButtons
        submit={text.common.create}
        busy={create.isPending}
        disabled={name.trim() === "" || description.trim() === ""}
        close={close}
      />
    </form>
  );
}
