import { LineField, LongField } from "@/components/text-fields";
import { text } from "@/strings";

const t = text.newSession;
const MOST_NAME = 500;
const MOST_INSTRUCTIONS = 20_000;

export interface SessionWordsDraft {
  name: string;
  instructions: string;
}

interface SessionWordsProps {
  words: SessionWordsDraft;
  onChange: (words: SessionWordsDraft) => void;
  /** What the server has against them, by field. */
  faults?: Partial<Record<string, string>>;
}

/** What a session is called, and what its reviewers read first. */
export function SessionWords({ words, onChange, faults = {} }: SessionWordsProps) {
  return (
    <>
      <LineField
        label={t.name}
        placeholder={t.nameHint}
        required
        maxLength={MOST_NAME}
        value={words.name}
        error={faults.name}
        onText={(name) => onChange({ ...words, name })}
      />
      <LongField
        label={t.instructions}
        description={t.instructionsHint}
        rows={[3, 12]}
        maxLength={MOST_INSTRUCTIONS}
        value={words.instructions}
        error={faults.instructions}
        onText={(instructions) => onChange({ ...words, instructions })}
      />
    </>
  );
}
