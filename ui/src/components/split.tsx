import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { recall, remember } from "@/lib/stored";
import classes from "./split.module.css";

interface SplitProps {
  /** Names what is remembered of its width. */
  name: string;
  label: string;
  first: ReactNode;
  second: ReactNode;
}

const LEAST = 25;
const MOST = 75;

/** Two panes side by side with a divider that can be moved; below each other where there is no room. */
export function Split({ name, label, first, second }: SplitProps) {
  const [share, setShare] = useState(() => recall(`split.${name}`, 50, isShare));
  const box = useRef<HTMLDivElement>(null);
  const set = (next: number) => {
    const bounded = Math.max(LEAST, Math.min(MOST, next));
    setShare(bounded);
    remember(`split.${name}`, bounded);
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const bounds = box.current?.getBoundingClientRect();
    if (bounds !== undefined) set(((event.clientX - bounds.left) / bounds.width) * 100);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step !== undefined) set(share + step);
  };
  return (
    <div
      ref={box}
      className={classes.split}
      style={{ gridTemplateColumns: `${share}fr 7px ${100 - share}fr` }}
    >
      <div className={classes.pane}>{first}</div>
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={label}
        aria-valuenow={Math.round(share)}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        className={classes.divider}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={onKey}
      />
      <div className={classes.pane}>{second}</div>
    </div>
  );
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= LEAST && value <= MOST;
}
