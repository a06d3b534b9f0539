import { Button, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { call } from "@/api/client";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";

interface DeleteTraceProps {
  traceId: string;
  close: () => void;
  done: () => Promise<unknown>;
}

export function DeleteTrace({ traceId, close, done }: DeleteTraceProps) {
  const remove = useMutation({
    meta: { shown: true },
    mutationFn: () => call("delete_trace", { trace_id: traceId }),
    onSuccess: async () => {
      showToast(text.traces.deleted(1));
      await done();
    },
  });
  return (
    <Modal opened onClose={close} title={text.traces.deleteTitle(1)}>
      <p>{text.traces.deleteHint}</p>
      {remove.isError && <ProblemNote error={remove.error} />}
      <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        {text.common.delete}
      </Button>
    </Modal>
  );
}
