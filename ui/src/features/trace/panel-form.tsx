import type { FormEvent, KeyboardEvent, ReactNode } from "react";
import classes from "./assessments-panel.module.css";

interface PanelFormProps {
  label: string;
  submit: () => void;
  close: () => void;
  children: ReactNode;
}

/** A form beside a trace: Escape closes it, and Enter with Ctrl or Command sends it from anywhere in it. */
export function PanelForm({ label, submit, close, children }: PanelFormProps) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  const onKey = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return (
    <form className={classes.form} aria-label={label} onSubmit={onSubmit} onKeyDown={onKey}>
      {children}
    </form>
  );
}
