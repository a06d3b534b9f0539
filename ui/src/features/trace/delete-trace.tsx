import { useMutation } from "@tanstack/react-query";
import { call } from "@/api/client";
import { Confirm } from "@/components/form-buttons";
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
    <Confirm
      destroys
      title={text.traces.deleteTitle(1)}
      hint={text.traces.deleteHint}
      act={text.common.delete}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      close={close}
    />
  );
}
