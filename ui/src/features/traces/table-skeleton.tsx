import { Skeleton } from "@mantine/core";
import classes from "./traces-page.module.css";

const WIDTHS = [62, 80, 55, 74, 68, 90, 58, 77, 64, 85, 70, 60];

/** Stands where the first rows will, in their size. */
export function TableSkeleton() {
  return (
    <div className={classes.skeleton} aria-hidden>
      {WIDTHS.map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} my={10} />
      ))}
    </div>
  );
}
