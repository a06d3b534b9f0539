import type { ReactNode } from "react";
import classes from "./empty.module.css";

/** What stands where nothing is: says so, and teaches the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <h2>{title}</h2>
      {children !== undefined && <div className="dim">{children}</div>}
    </div>
  );
}
