import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { SpanSkeleton } from "@/api/schema";
import { text } from "@/strings";
import { AssessForm, type JudgmentKind } from "./assess-form";
import { LinkIssueForm } from "./link-issue-form";

const t = text.assess;

type Kind = JudgmentKind | "ISSUE_REF";
const KINDS: readonly Kind[] = ["FEEDBACK", "EXPECTATION", "ISSUE_REF"];

interface AddAssessmentProps {
  traceId: string;
  experimentId: string;
  /** Names that were used before, offered first. */
  names?: Readonly<Record<JudgmentKind, readonly string[]>>;
  /** The span that is open, which may be judged instead of the trace. */
  span?: SpanSkeleton;
  close: () => void;
  saved: () => Promise<unknown>;
}

/** Logs a judgment on a trace, what should have come out, or that it shows an issue. */
export function AddAssessment({ experimentId, names, ...shared }: AddAssessmentProps) {
  const [kind, setKind] = useState<Kind>("FEEDBACK");
  const kinds = (
    <SegmentedControl
      aria-label={t.what}
      fullWidth
      data={KINDS.map((each) => ({ value: each, label: t.kinds[each] }))}
      value={kind}
      onChange={setKind}
    />
  );
  if (kind === "ISSUE_REF")
    return (
      <LinkIssueForm
        traceId={shared.traceId}
        experimentId={experimentId}
        kinds={kinds}
        close={shared.close}
        saved={shared.saved}
      />
    );
  return <AssessForm {...shared} kind={kind} kinds={kinds} names={names?.[kind]} />;
}
