import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMayIn } from "@/api/permissions";
import { assessmentNamesQuery } from "@/api/queries";
import type { Assessment } from "@/api/schema";
import { ReadOnly } from "@/components/read-only";
import type { SpanTree } from "@/lib/spantree";
import { text } from "@/strings";
import { AddAssessment } from "./add-assessment";
import { AssessmentCard } from "./assessment-card";
import classes from "./assessments-panel.module.css";

const t = text.assess;

interface AssessmentsPanelProps {
  traceId: string;
  experimentId: string;
  assessments: readonly Assessment[];
  tree: SpanTree;
  selectedSpan: string | undefined;
  /** The form is open. */
  adding: boolean;
  setAdding: (adding: boolean) => void;
  onSpan: (spanId: string) => void;
}

/** The judgments on a trace and its spans, and the way to add one. */
export function AssessmentsPanel(props: AssessmentsPanelProps) {
  const { traceId, experimentId, assessments, tree, selectedSpan, setAdding, onSpan } = props;
  const may = useMayIn(experimentId);
  const mayJudge = may("assessment.write");
  const adding = props.adding && mayJudge;
  const [showAll, setShowAll] = useState(false);
  const client = useQueryClient();
  const valid = assessments.filter((each) => each.valid);
  const overridden = assessments.length - valid.length;
  const shown = showAll ? assessments : valid;
  const known = useQuery({ ...assessmentNamesQuery(experimentId), enabled: adding });
  const namesOf = (kind: Assessment["kind"]) => [
    ...new Set(
      [...assessments, ...(known.data?.names ?? [])]
        .filter((each) => each.kind === kind)
        .map((each) => each.name),
    ),
  ];
  const changed = async () => {
    void client.invalidateQueries({ queryKey: ["assessment-names"] });
    await client.invalidateQueries({ queryKey: ["trace", traceId] });
  };
  return (
    <aside className={classes.panel} aria-label={text.trace.assessments}>
      <header className={classes.head}>
        <h2>
          {text.trace.assessments} <span className="dim">{valid.length}</span>
        </h2>
        {!adding && mayJudge && (
          <Button
            size="compact-xs"
            leftSection={<IconPlus size={13} aria-hidden />}
            title="a"
            onClick={() => setAdding(true)}
          >
            {t.add}
          </Button>
        )}
      </header>
      {adding && (
        <AddAssessment
          traceId={traceId}
          experimentId={experimentId}
          names={{ FEEDBACK: namesOf("FEEDBACK"), EXPECTATION: namesOf("EXPECTATION") }}
          span={selectedSpan === undefined ? undefined : tree.byId.get(selectedSpan)?.span}
          close={() => setAdding(false)}
          saved={changed}
        />
      )}
      {assessments.length === 0 && !adding && (
        <p className="dim">
          {t.none} {mayJudge && t.noneHint}
        </p>
      )}
      {!mayJudge && (
        <p>
          <ReadOnly experimentId={experimentId} />
        </p>
      )}
      {shown.map((assessment) => (
        <AssessmentCard
          key={assessment.assessment_id}
          assessment={assessment}
          spanName={spanName(tree, assessment)}
          onSpan={onSpan}
          mayOverride={mayJudge}
          mayDelete={may("assessment.delete")}
          changed={changed}
        />
      ))}
      {overridden > 0 && !showAll && (
        <Button size="compact-xs" variant="subtle" onClick={() => setShowAll(true)}>
          {t.showOverridden(overridden)}
        </Button>
      )}
    </aside>
  );
}

function spanName(tree: SpanTree, assessment: Assessment): string | null {
  const id = assessment.target.span_id;
  return id === null ? null : (tree.byId.get(id)?.span.name ?? id);
}
