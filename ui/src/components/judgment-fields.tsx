import { Button } from "@mantine/core";
import { text } from "@/strings";
import classes from "./judgment-fields.module.css";
import { LineField, LongField } from "./text-fields";

export interface JudgmentDraft {
  name: string;
  value: string;
  rationale: string;
}

export const noJudgment: JudgmentDraft = { name: "", value: "", rationale: "" };

interface JudgmentFieldsProps {
  draft: JudgmentDraft;
  onDraft: (draft: JudgmentDraft) => void;
  /** Names that were used before, offered first. */
  names?: readonly string[];
  /** The name is given and stays. */
  fixedName?: boolean;
  /** What is asked for is what should have come out, not how good it was. */
  expectation?: boolean;
}

/** Name, value and reason of a judgment. */
export function JudgmentFields(props: JudgmentFieldsProps) {
  const { draft, onDraft, names = [], fixedName = false, expectation = false } = props;
  const t = text.assess;
  return (
    <>
      <LineField
        label={t.name}
        placeholder={expectation ? t.expectedNameHint : t.nameHint}
        required
        maxLength={250}
        autoFocus={!fixedName}
        data-autofocus={!fixedName}
        readOnly={fixedName}
        list="judgment-names"
        value={draft.name}
        onText={(name) => onDraft({ ...draft, name })}
      />
      <datalist id="judgment-names">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className={classes.value}>
        <LineField
          label={t.value}
          placeholder={expectation ? t.expectedHint : t.valueHint}
          required
          autoFocus={fixedName}
          data-autofocus={fixedName}
          value={draft.value}
          onText={(value) => onDraft({ ...draft, value })}
        />
        {!expectation && (
          <Button.Group>
            <Button variant="default" onClick={() => onDraft({ ...draft, value: "true" })}>
              {t.yes}
            </Button>
            <Button variant="default" onClick={() => onDraft({ ...draft, value: "false" })}>
              {t.no}
            </Button>
          </Button.Group>
        )}
      </div>
      <LongField
        label={t.rationale}
        placeholder={t.rationaleHint}
        rows={[2, 8]}
        value={draft.rationale}
        onText={(rationale) => onDraft({ ...draft, rationale })}
      />
    </>
  );
}
