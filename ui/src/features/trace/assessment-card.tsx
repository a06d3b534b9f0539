import { Button } from "@mantine/core";
import { IconCode, IconGavel, IconUser } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { historyQuery } from "@/api/queries";
import type { Assessment } from "@/api/schema";
import { Moment } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { showToast } from "@/components/toast-store";
import { IssueLink } from "@/features/issues/issue-link";
import { shownValue, verdict } from "@/lib/judgment";
import { text } from "@/strings";
import { AssessForm } from "./assess-form";
import classes from "./assessments-panel.module.css";

const t = text.assess;
/** Where clients of MLflow's protocol note what an issue is called. */
const ISSUE_NAME = "lodeline.mlflow.issue_name";
const SOURCES = { HUMAN: IconUser, LLM_JUDGE: IconGavel, CODE: IconCode };

interface AssessmentCardProps {
  assessment: Assessment;
  spanName: string | null;
  onSpan: (spanId: string) => void;
  mayOverride: boolean;
  mayDelete: boolean;
  changed: () => Promise<unknown>;
}

/** One judgment: what, who, why; its history; overriding and deleting it. */
export function AssessmentCard(props: AssessmentCardProps) {
  const { assessment, spanName, onSpan, changed } = props;
  const [overriding, setOverriding] = useState(false);
  const [history, setHistory] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const assessment_id = assessment.assessment_id;
  const remove = useMutation({
    mutationFn: () => call("delete_assessment", { assessment_id }),
    onSuccess: async () => {
      await changed();
      showToast(t.deleted);
    },
  });
  const author = assessment.created_by ?? named(assessment.source.source_id);
  const Source = SOURCES[assessment.source.kind];
  const spanId = assessment.target.span_id;
  return (
    <article className={classes.card} data-overridden={!assessment.valid || undefined}>
      <div className={classes.top}>
        <span className={`${classes.name} clip`} title={assessment.name}>
          {assessment.kind === "ISSUE_REF" ? (
            <IssueLink
              experimentId={assessment.experiment_id}
              issueId={assessment.name}
              called={assessment.metadata[ISSUE_NAME]}
            />
          ) : (
            <SafeText text={assessment.name} />
          )}
        </span>
        <Value assessment={assessment} />
      </div>
      <div className={classes.source}>
        <Source size={12} aria-hidden /> {t.source[assessment.source.kind]}{" "}
        {author !== null && <SafeText text={author} />} · <Moment ms={assessment.updated_ms} relative />
        {assessment.kind !== "FEEDBACK" && ` · ${t.kind[assessment.kind]}`}
        {typeof assessment.confidence === "number" && ` · ${t.confidence(String(assessment.confidence))}`}
        {!assessment.valid && ` · ${t.superseded}`}
      </div>
      {spanName !== null && spanId !== null && (
        <button type="button" className={classes.spanLink} onClick={() => onSpan(spanId)}>
          {t.target} <SafeText text={spanName} />
        </button>
      )}
      {assessment.rationale !== null && (
        <p className={classes.rationale}>
          <SafeText text={assessment.rationale} />
        </p>
      )}
      {assessment.error !== null && (
        <p className={classes.rationale}>
          <SafeText text={`${assessment.error.code}: ${assessment.error.message}`} />
        </p>
      )}
      <div className={classes.actions}>
        {assessment.valid && props.mayOverride && assessment.kind !== "ISSUE_REF" && (
          <Button size="compact-xs" variant="subtle" onClick={() => setOverriding(!overriding)}>
            {t.override}
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="subtle"
          aria-expanded={history}
          onClick={() => setHistory(!history)}
        >
          {t.history}
        </Button>
        {props.mayDelete && (
          <Button
            size="compact-xs"
            variant="subtle"
            c="var(--bad)"
            loading={remove.isPending}
            onBlur={() => setDeleting(false)}
            onClick={() => (deleting ? remove.mutate() : setDeleting(true))}
          >
            {deleting ? t.reallyDelete : t.delete}
          </Button>
        )}
      </div>
      {overriding && (
        <AssessForm
          traceId={assessment.target.trace_id ?? ""}
          kind={assessment.kind === "EXPECTATION" ? "EXPECTATION" : "FEEDBACK"}
          overrides={assessment}
          close={() => setOverriding(false)}
          saved={changed}
        />
      )}
      {history && <History assessmentId={assessment_id} />}
    </article>
  );
}

/** Who judged, where it was said: the server calls a source without a name "default". */
function named(sourceId: string): string | null {
  return sourceId === "default" ? null : sourceId;
}

function Value({ assessment }: { assessment: Assessment }) {
  if (assessment.error !== null)
    return (
      <span className={classes.value} data-verdict="bad">
        {t.error}
      </span>
    );
  if (assessment.kind === "ISSUE_REF") return null;
  const shown = shownValue(assessment.value);
  return (
    <span
      className={`${classes.value} clip`}
      data-verdict={verdict(assessment.value) ?? undefined}
      title={shown}
    >
      <SafeText text={shown} />
    </span>
  );
}

function History({ assessmentId }: { assessmentId: string }) {
  const history = useQuery(historyQuery(assessmentId));
  return (
    <ol className={classes.history}>
      {(history.data ?? []).map((revision) => (
        <li key={revision.assessment.revision}>
          <strong>{t.revision(revision.assessment.revision)}</strong> · <Moment ms={revision.at_ms} />
          {revision.by !== null && (
            <>
              {" · "}
              <SafeText text={revision.by} />
            </>
          )}
          <div>
            <SafeText text={shownValue(revision.assessment.value)} />
          </div>
          {revision.reason !== null && (
            <div className="dim">
              <SafeText text={revision.reason} />
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}
