import { useEffect, useState } from "react";
import { Moment } from "@/components/figures";
import { text } from "@/strings";
import classes from "./reviewing.module.css";
import type { Keeping } from "./use-draft";

const t = text.review;
const LOOK_MS = 10_000;
const KEEPING: Record<Keeping, string> = {
  untouched: "",
  saved: t.saved,
  saving: t.saving,
  unsaved: t.unsaved,
};

/** Until when the item is kept for its reviewer, and whether what they wrote is at the server. */
export function Lease({ untilMs, keeping }: { untilMs: number | null; keeping: Keeping }) {
  const [nowMs, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const over = untilMs !== null && untilMs < nowMs;
  return (
    <div className={classes.lease}>
      {over ? (
        <p className={classes.over} role="status">
          {t.leaseOver}
        </p>
      ) : (
        untilMs !== null && (
          <p className="dim">
            {t.leased} <Moment ms={untilMs} />
          </p>
        )
      )}
      <p className="dim">{KEEPING[keeping]}</p>
    </div>
  );
}
