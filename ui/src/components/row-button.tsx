import type { ReactNode } from "react";
import classes from "./row-button.module.css";

interface RowButtonProps {
  onClick: () => void;
  children: ReactNode;
}

/** The name of a row, which opens its details beside or below the list. */
export function RowButton({ onClick, children }: RowButtonProps) {
  return (
    <button type="button" className={classes.name} onClick={onClick}>
      {children}
    </button>
  );
}
