/** How the headings of a list sort it: down first, then up, then the list's own order. */

import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import classes from "./sorting.module.css";

/** How `order` sorts by a field, as assistive technology has it; undefined when it does not. */
export function sortOf(field: string | undefined, order: string): "ascending" | "descending" | undefined {
  if (field === undefined || !`${order} `.startsWith(`${field} `)) return undefined;
  return order.slice(field.length + 1).startsWith("desc") ? "descending" : "ascending";
}

interface SortButtonProps {
  label: string;
  field: string;
  order: string;
  onOrder: ((order: string) => void) | undefined;
  title?: string;
}

/** A heading by which the list is sorted when it is pressed. */
export function SortButton({ label, field, order, onOrder, title }: SortButtonProps) {
  const sorted = sortOf(field, order);
  const Arrow = sorted === "descending" ? IconArrowDown : IconArrowUp;
  return (
    <button
      type="button"
      className={classes.sort}
      title={title}
      onClick={() => onOrder?.(nextOrder(field, sorted))}
    >
      {label}
      {sorted !== undefined && <Arrow size={12} aria-hidden />}
    </button>
  );
}

function nextOrder(field: string, sorted: ReturnType<typeof sortOf>): string {
  if (sorted === undefined) return `${field} desc`;
  return sorted === "descending" ? `${field} asc` : "";
}
