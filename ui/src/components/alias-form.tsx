import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { text } from "@/strings";
import classes from "./alias-form.module.css";
import { ProblemNote } from "./problem-note";
import { LineField } from "./text-fields";
import { showToast } from "./toast-store";

const t = text.alias;

interface AliasFormProps {
  /** Aliases that are there, offered first. */
  known: readonly string[];
  /** What it will point to, in words. */
  target: string;
  move: (alias: string, reason: string) => Promise<unknown>;
  moved: () => Promise<unknown>;
  /** How an alias is moved that wants more than a reason, in the place of the button; null for one that does not.
   * `done` is called once it was moved. */
  otherwise?: (alias: string, reason: string, done: () => Promise<void>) => ReactNode;
}

/** Points an alias at what is shown, and says why. */
export function AliasForm({ known, target, move, moved, otherwise }: AliasFormProps) {
  const [alias, setAlias] = useState("");
  const [reason, setReason] = useState("");
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => move(alias.trim(), reason.trim()),
    onSuccess: () => done(),
  });
  const done = async () => {
    await moved();
    showToast(t.moved(alias.trim(), target));
    setAlias("");
    setReason("");
  };
  const instead = otherwise?.(alias.trim(), reason.trim(), done) ?? null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (instead === null) save.mutate();
  };
  return (
    <form className={classes.form} aria-label={t.title} onSubmit={submit}>
      <LineField
        label={t.alias}
        placeholder={t.aliasHint}
        required
        maxLength={250}
        list="known-aliases"
        value={alias}
        onText={setAlias}
      />
      <datalist id="known-aliases">
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <LineField className={classes.reason} label={t.reason} value={reason} onText={setReason} />
      {instead === null && (
        <Button type="submit" variant="default" loading={save.isPending} disabled={alias.trim() === ""}>
          {t.move}
        </Button>
      )}
      <div className={classes.instead}>{instead}</div>
      {save.isError && <ProblemNote error={save.error} />}
    </form>
  );
}
