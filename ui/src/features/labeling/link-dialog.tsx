import { Modal, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { reviewLinkQuery } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.reviewLink;
const ANYBODY = "";

/** The address that is sent to a reviewer. */
export function LinkDialog({ session, close }: { session: LabelingSession; close: () => void }) {
  const [reviewer, setReviewer] = useState(session.reviewers[0] ?? ANYBODY);
  const found = useQuery(reviewLinkQuery(session.run.run_id, reviewer || null));
  const address = found.data === undefined ? null : new URL(found.data.path, window.location.origin).href;
  return (
    <Modal opened onClose={close} title={t.title}>
      <div className={classes.form}>
        <p className="dim">{t.hint}</p>
        <NativeSelect
          label={t.reviewer}
          data={[
            ...session.reviewers.map((name) => ({ value: name, label: visibleText(name) })),
            { value: ANYBODY, label: t.someone },
          ]}
          value={reviewer}
          onChange={(event) => setReviewer(event.currentTarget.value)}
        />
        {found.isError && <ProblemNote error={found.error} />}
        {found.data !== undefined && address !== null && (
          <>
            <code className={classes.address}>
              <SafeText text={address} />
            </code>
            <div>
              <CopyButton named label={t.copy} value={address} />
            </div>
            <p className="dim">{found.data.signs_in ? t.signsIn : t.named}</p>
          </>
        )}
      </div>
    </Modal>
  );
}
