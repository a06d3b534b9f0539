import type { ReactNode } from "react";
import classes from "./row-button.module.css";

interface RowButtonProps {
  onClick: () => void;
  /** Whether its details are open; undefined where that is not told here. */
  opened?: boolean;
  children: ReactNode;
}

/** The name of a row, which opens its details beside or below the list. */
export function RowButton({ onClick, opened, children }: RowButtonProps) {
  return (
    <button type="button" className={classes.name} aria-expanded={opened} onClick={onClick}>
      {children}
    </button>
  );
}
