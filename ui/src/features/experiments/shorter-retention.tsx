import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { countQuery } from "@/api/queries";
import type { TraceCount } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { ProblemNote } from "@/components/problem-note";
import { bytes, dateTime, exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./experiment-settings.module.css";
import type { Limit } from "./settings-draft";

const t = text.experimentSettings.shorter;
const DAY_MS = 86_400_000;
/** What the server's retention may remove. */
const REMOVABLE =
  "(tags.lodeline.pinned IS NULL OR tags.lodeline.pinned = 'false') AND run IS NULL AND NOT assessment(source = 'HUMAN')";

interface ShorterRetentionProps {
  experimentId: string;
  /** The limits that keep less than before. */
  limits: Partial<Record<Limit, number>>;
  busy: boolean;
  onConfirm: () => void;
  close: () => void;
}

/** Says what shorter limits will remove, and asks, before they are saved. */
export function ShorterRetention({ experimentId, limits, busy, onConfirm, close }: ShorterRetentionProps) {
  const { max_age_days: days, max_traces: most, max_bytes: size } = limits;
  return (
    <Modal opened onClose={close} title={t.title}>
      <div className={classes.form}>
        {days !== undefined && <TooOld experimentId={experimentId} days={days} />}
        {most !== undefined && <TooMany experimentId={experimentId} most={most} />}
        {size !== undefined && <p>{t.bytes(bytes(size))}</p>}
        <p>{t.kept}</p>
        <p>{t.gone}</p>
        <div className={classes.buttons}>
          <Button color="red" data-autofocus loading={busy} onClick={onConfirm}>
            {t.act}
          </Button>
          <Button variant="default" onClick={close}>
            {text.common.cancel}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function TooOld({ experimentId, days }: { experimentId: string; days: number }) {
  const { zone } = useTimeRange();
  // As it is when asked: a moment that goes on would be counted anew all the time.
  const [before] = useState(() => Math.max(0, Date.now() - Math.min(days * DAY_MS, Date.now())));
  const filter = `start < ${before} AND ${REMOVABLE}`;
  const say = ({ count, exact }: TraceCount) => t.age(exactNumber(count), exact, dateTime(before, zone));
  return <Counted experimentId={experimentId} filter={filter} say={say} />;
}

function TooMany({ experimentId, most }: { experimentId: string; most: number }) {
  const say = ({ count, exact }: TraceCount) => t.number(exactNumber(Math.max(0, count - most)), exact);
  return <Counted experimentId={experimentId} filter="" say={say} />;
}

interface CountedProps {
  experimentId: string;
  filter: string;
  say: (count: TraceCount) => string;
}

function Counted({ experimentId, filter, say }: CountedProps) {
  const counted = useQuery(countQuery({ experiment: experimentId, filter }));
  if (counted.isError) return <ProblemNote error={counted.error} retry={() => void counted.refetch()} />;
  return (
    <p>
      {counted.data === undefined || counted.isPlaceholderData ? (
        t.counting
      ) : (
        <strong>{say(counted.data)}</strong>
      )}
    </p>
  );
}
