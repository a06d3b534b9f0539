import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconGitCommit } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import type { Dataset } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LineField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import { RECORD_KEYS } from "./remove-record";

const t = text.dataset.publish;

interface PublishDraftProps {
  dataset: Dataset;
  /** Called when the draft has become the latest version. */
  published: () => void;
}

/** Makes a version of what a dataset's draft changes; nothing where there is no draft, or one may not. */
export function PublishDraft({ dataset, published }: PublishDraftProps) {
  const [asking, ask] = useDisclosure(false);
  const mayWrite = useMayIn(dataset.experiment_id)("dataset.write");
  if (!mayWrite || dataset.draft_changes === 0) return null;
  return (
    <>
      <Button leftSection={<IconGitCommit size={14} aria-hidden />} onClick={ask.open}>
        {t.act(dataset.draft_changes)}
      </Button>
      {asking && <PublishForm dataset={dataset} published={published} close={ask.close} />}
    </>
  );
}

function PublishForm({ dataset, published, close }: PublishDraftProps & { close: () => void }) {
  const [message, setMessage] = useState("");
  const client = useQueryClient();
  const { dataset_id, latest_version } = dataset;
  const publish = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call(
        "publish_dataset",
        { dataset_id },
        // A version that came in between may hold something else than what was looked at.
        { body: { message: message.trim(), expected_version: latest_version } },
      ),
    onSuccess: async ({ version: { version }, made }) => {
      await Promise.all(RECORD_KEYS.map((key) => client.invalidateQueries({ queryKey: [key] })));
      close();
      published();
      showToast(made ? t.made(version) : t.nothing(version));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    publish.mutate();
  };
  return (
    <Modal opened onClose={close} title={t.title(latest_version + 1)}>
      <form onSubmit={submit}>
        <p className="dim">{t.hint}</p>
        <LineField
          label={t.message}
          description={t.messageHint}
          data-autofocus
          value={message}
          onText={setMessage}
        />
        {publish.isError && <ProblemNote error={publish.error} />}
        <FormButtons submit={t.submit} busy={publish.isPending} close={close} />
      </form>
    </Modal>
  );
}
