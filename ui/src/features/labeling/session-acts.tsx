import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { meQuery } from "@/api/queries";
import { askLabelingAnew } from "@/api/review-queries";
import type { LabelingSession } from "@/api/schema";
import { Confirm } from "@/components/form-buttons";
import { ReadOnly } from "@/components/read-only";
import { showToast } from "@/components/toast-store";
import { nextStates, type SessionState, takesReviewsOf } from "@/lib/labeling";
import { text } from "@/strings";
import { LinkDialog } from "./link-dialog";
import { SyncDialog } from "./sync-dialog";

const t = text.labelingSession;

/** What can be done with a session as a whole, by who is asking. */
export function SessionActs({ session }: { session: LabelingSession }) {
  const { run, state } = session;
  const may = useMayIn(run.experiment_id);
  const me = useQuery(meQuery);
  const client = useQueryClient();
  const [asking, setAsking] = useState<"CLOSED" | "ARCHIVED" | null>(null);
  const [open, setOpen] = useState<"link" | "sync" | null>(null);
  const put = useMutation({
    mutationFn: (next: SessionState) =>
      call("update_labeling_session", { run_id: run.run_id }, { body: { state: next } }),
    onSuccess: async (changed) => {
      await askLabelingAnew(client);
      setAsking(null);
      showToast(t.changed(text.labeling.states[changed.state]));
    },
  });
  const act = (next: SessionState) =>
    next === "CLOSED" || next === "ARCHIVED" ? setAsking(next) : put.mutate(next);
  const writes = may("labeling.write");
  return (
    <>
      {!writes && <ReadOnly experimentId={run.experiment_id} />}
      {writes &&
        nextStates(state).map((next) => (
          <Button
            key={next}
            variant={next === "OPEN" ? "filled" : "default"}
            loading={put.isPending && put.variables === next}
            onClick={() => act(next)}
          >
            {state === "PAUSED" && next === "OPEN" ? t.acts.RESUME : t.acts[next as keyof typeof t.acts]}
          </Button>
        ))}
      {writes && (
        <Button variant="default" onClick={() => setOpen("sync")}>
          {t.sync}
        </Button>
      )}
      <Button variant="default" onClick={() => setOpen("link")}>
        {t.link}
      </Button>
      {may("labeling.review") && me.data !== undefined && takesReviewsOf(me.data, session) && (
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/review/$runId" params={{ runId: run.run_id }} {...props} />}
        >
          {t.review}
        </Button>
      )}
      {asking !== null && (
        <Confirm
          title={asking === "CLOSED" ? t.closeTitle : t.archiveTitle}
          hint={asking === "CLOSED" ? t.closeHint : t.archiveHint}
          act={t.acts[asking]}
          busy={put.isPending}
          onConfirm={() => put.mutate(asking)}
          close={() => setAsking(null)}
        />
      )}
      {open === "link" && <LinkDialog session={session} close={() => setOpen(null)} />}
      {open === "sync" && <SyncDialog session={session} close={() => setOpen(null)} />}
    </>
  );
}
