import { NativeSelect } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "@/api/client";
import type { Assessment, SpanSkeleton } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { JudgmentFields, noJudgment } from "@/components/judgment-fields";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { judgmentValue, shownValue } from "@/lib/judgment";
import { text } from "@/strings";
import { PanelForm } from "./panel-form";

const t = text.assess;

export type JudgmentKind = "FEEDBACK" | "EXPECTATION";

interface AssessFormProps {
  traceId: string;
  kind?: JudgmentKind;
  /** What is shown first: the kinds of what can be logged. */
  kinds?: ReactNode;
  /** Names that were used before, offered first. */
  names?: readonly string[];
  /** The span that is open, which may be judged instead of the trace. */
  span?: SpanSkeleton;
  /** The head of a chain that this judgment continues. */
  overrides?: Assessment;
  close: () => void;
  saved: () => Promise<unknown>;
}

/** Logs a judgment on a trace or a span, or one that overrides another. */
export function AssessForm(props: AssessFormProps) {
  const { traceId, kind = "FEEDBACK", kinds, names, span, overrides, close, saved } = props;
  const first =
    overrides === undefined
      ? noJudgment
      : { name: overrides.name, value: shownValue(overrides.value), rationale: "" };
  const [draft, setDraft] = useState(first);
  const [target, setTarget] = useState("trace");
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const spanId =
        overrides === undefined ? (target === "span" ? span?.span_id : null) : overrides.target.span_id;
      const body = {
        trace_id: traceId,
        span_id: spanId ?? null,
        name: draft.name.trim(),
        kind: overrides?.kind ?? kind,
        value: judgmentValue(draft.value),
        rationale: draft.rationale.trim() || null,
        overrides: overrides?.assessment_id ?? null,
      };
      return call("log_assessment", {}, { body });
    },
    onSuccess: async () => {
      await saved();
      showToast(t.saved);
      close();
    },
  });
  return (
    <PanelForm label={t.title} submit={() => save.mutate()} close={close}>
      {kinds}
      <JudgmentFields
        draft={draft}
        onDraft={setDraft}
        names={names}
        fixedName={overrides !== undefined}
        expectation={kind === "EXPECTATION"}
      />
      {overrides === undefined && span !== undefined && (
        <NativeSelect
          label={t.target}
          data={[
            { value: "trace", label: t.onTrace },
            { value: "span", label: t.onSpan(span.name) },
          ]}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value)}
        />
      )}
      {save.isError && <ProblemNote error={save.error} />}
      <FormButtons
        submit={t.save}
        busy={save.isPending}
        disabled={draft.name.trim() === "" || draft.value.trim() === ""}
        close={close}
      />
    </PanelForm>
  );
}
