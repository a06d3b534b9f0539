import { Button, Textarea } from "@mantine/core";
import { type FormEvent, type KeyboardEvent, useState } from "react";
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
      <Textarea
        label={t.declineTitle}
        required
        autoFocus
        autosize
        minRows={2}
        maxRows={6}
        maxLength={MOST}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={classes.buttons}>
        <Button type="submit" loading={busy} disabled={reason.trim() === ""}>
          {t.decline}
        </Button>
        <Button variant="default" onClick={close}>
          {text.common.cancel}
        </Button>
      </div>
    </form>
  );
}
