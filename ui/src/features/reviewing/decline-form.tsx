import { type FormEvent, type KeyboardEvent, useState } from "react";
import { FormButtons } from "@/components/form-buttons";
import { LongField } from "@/components/text-fields";
import { text } from "@/strings";
import classes from "./reviewing.module.css";

const t = text.review;
const MOST = 1_000;

interface DeclineFormProps {
  busy: boolean;
  decline: (reason: string) => void;
  close: () => void;
}

/** Asks why an item is not reviewed. */
export function DeclineForm({ busy, decline, close }: DeclineFormProps) {
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() !== "") decline(reason.trim());
  };
  const onKey = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return (
    <form className={classes.decline} aria-label={t.declineTitle} onSubmit={submit} onKeyDown={onKey}>
      <LongField
        label={t.declineTitle}
        required
        autoFocus
        rows={[2, 6]}
        maxLength={MOST}
        value={reason}
        onText={setReason}
      />
      <FormButtons submit={t.decline} busy={busy} disabled={reason.trim() === ""} close={close} />
    </form>
  );
}
