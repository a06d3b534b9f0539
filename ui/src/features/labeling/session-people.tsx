import { LongField } from "@/components/text-fields";
import { linesOf } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { type PolicyDraft, PolicyFields } from "./policy-fields";

const t = text.newSession;

export interface SessionPeopleDraft {
  /** Their names, one a line. */
  reviewers: string;
  policy: PolicyDraft;
}

interface SessionPeopleProps {
  people: SessionPeopleDraft;
  onChange: (people: SessionPeopleDraft) => void;
  /** What the server has against them, by field. */
  faults?: Partial<Record<string, string>>;
}

/** Who reviews the items of a session, and by which rules. */
export function SessionPeople({ people, onChange, faults }: SessionPeopleProps) {
  return (
    <fieldset className={classes.group}>
      <legend>{t.people}</legend>
      <LongField
        label={t.reviewers}
        description={t.reviewersHint}
        rows={[2, 10]}
        value={people.reviewers}
        error={faults?.reviewers}
        onText={(reviewers) => onChange({ ...people, reviewers })}
      />
      <PolicyFields
        policy={people.policy}
        reviewers={linesOf(people.reviewers)}
        onChange={(policy) => onChange({ ...people, policy })}
        faults={faults}
      />
    </fieldset>
  );
}
