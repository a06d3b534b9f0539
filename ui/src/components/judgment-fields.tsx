import { Button, Textarea, TextInput } from "@mantine/core";
import { text } from "@/strings";
import classes from "./judgment-fields.module.css";

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
      <TextInput
        label={t.name}
        placeholder={expectation ? t.expectedNameHint : t.nameHint}
        required
        maxLength={250}
        autoFocus={!fixedName}
        data-autofocus={!fixedName}
        readOnly={fixedName}
        list="judgment-names"
        value={draft.name}
        onChange={(event) => onDraft({ ...draft, name: event.currentTarget.value })}
      />
      <datalist id="judgment-names">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className={classes.value}>
        <TextInput
          label={t.value}
          placeholder={expectation ? t.expectedHint : t.valueHint}
          required
          autoFocus={fixedName}
          data-autofocus={fixedName}
          value={draft.value}
          onChange={(event) => onDraft({ ...draft, value: event.currentTarget.value })}
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
      <Textarea
        label={t.rationale}
        placeholder={t.rationaleHint}
        autosize
        minRows={2}
        maxRows={8}
        value={draft.rationale}
        onChange={(event) => onDraft({ ...draft, rationale: event.currentTarget.value })}
      />
    </>
  );
}
