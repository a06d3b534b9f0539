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
}

/** Name, value and reason of a judgment. */
export function JudgmentFields({ draft, onDraft, names = [], fixedName = false }: JudgmentFieldsProps) {
  const t = text.assess;
  return (
    <>
      <TextInput
        label={t.name}
        placeholder={t.nameHint}
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
          placeholder={t.valueHint}
          required
          autoFocus={fixedName}
          data-autofocus={fixedName}
          value={draft.value}
          onChange={(event) => onDraft({ ...draft, value: event.currentTarget.value })}
        />
        <Button.Group>
          <Button variant="default" onClick={() => onDraft({ ...draft, value: "true" })}>
            {t.yes}
          </Button>
          <Button variant="default" onClick={() => onDraft({ ...draft, value: "false" })}>
            {t.no}
          </Button>
        </Button.Group>
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
