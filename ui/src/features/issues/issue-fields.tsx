import { LineField, LongField } from "@/components/text-fields";
import { text } from "@/strings";

const t = text.issues;
const MOST_NAME = 250;
const MOST_DESCRIPTION = 20_000;

interface IssueFieldsProps {
  name: string;
  onName: (name: string) => void;
  description: string;
  onDescription: (description: string) => void;
}

/** What an issue is called, and what it is. */
export function IssueFields({ name, onName, description, onDescription }: IssueFieldsProps) {
  return (
    <>
      <LineField
        label={t.columns.name}
        required
        maxLength={MOST_NAME}
        data-autofocus
        value={name}
        onText={onName}
      />
      <LongField
        label={t.description}
        required
        maxLength={MOST_DESCRIPTION}
        rows={[3, 12]}
        value={description}
        onText={onDescription}
      />
    </>
  );
}
