import { useCallback, useEffect, useRef, useState } from "react";
import { call } from "@/api/client";
import type { ReviewSession, ReviewView } from "@/api/schema";
import { type Draft, draftOf, formOf } from "@/lib/review";

const PAUSE_MS = 1_000;

export type Keeping = "untouched" | "saved" | "saving" | "unsaved";

interface Kept {
  draft: Draft;
  change: (next: Draft) => void;
  keeping: Keeping;
  /** Why the last save failed, until one succeeds. */
  problem: unknown;
  leaseUntilMs: number | null;
  token: () => string | null;
  /** Saves what has changed; ended when every save before has. */
  save: () => Promise<void>;
  /** Saves nothing more, and waits for a save under way: whatever comes next must not be overtaken by it. */
  finish: () => Promise<void>;
  resume: () => void;
  /** Claims the item anew after the claim was lost; what is written stays. */
  claimAgain: () => Promise<void>;
}

/** The draft of a review: kept at the server a moment after each change, and when the page is left. */
export function useDraft(session: ReviewSession, item: ReviewView, reviewer: string | null): Kept {
  const [draft, setDraft] = useState(() => draftOf(item.mine?.draft ?? null, session.schemas));
  const [keeping, setKeeping] = useState<Keeping>(item.mine?.draft ? "saved" : "untouched");
  const [problem, setProblem] = useState<unknown>(null);
  const [leaseUntilMs, setLease] = useState(item.mine?.lease_until_ms ?? null);
  const token = useRef(item.mine?.token ?? null);
  const latest = useRef(draft);
  const changed = useRef(false);
  const finished = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const saves = useRef(Promise.resolve());
  const { item_id } = item;
  const { schemas } = session;

  const saveNow = useCallback(async () => {
    if (!changed.current || finished.current || token.current === null) return;
    changed.current = false;
    setKeeping("saving");
    try {
      const body = { ...formOf(latest.current, schemas), token: token.current, reviewer };
      const view = await call("save_review_draft", { item_id }, { body });
      setLease(view.mine?.lease_until_ms ?? null);
      setProblem(null);
      setKeeping(changed.current ? "unsaved" : "saved");
    } catch (error) {
      changed.current = true;
      setProblem(error);
      setKeeping("unsaved");
    }
  }, [item_id, schemas, reviewer]);

  const save = useCallback(() => {
    clearTimeout(timer.current);
    saves.current = saves.current.then(saveNow);
    return saves.current;
  }, [saveNow]);

  const change = (next: Draft) => {
    latest.current = next;
    changed.current = true;
    setDraft(next);
    setKeeping("unsaved");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void save(), PAUSE_MS);
  };

  useEffect(() => {
    const onHidden = () => {
      if (document.visibilityState === "hidden") void save();
    };
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      document.removeEventListener("visibilitychange", onHidden);
      void save();
    };
  }, [save]);

  return {
    draft,
    change,
    keeping,
    problem,
    leaseUntilMs,
    token: () => token.current,
    save,
    finish: () => {
      clearTimeout(timer.current);
      finished.current = true;
      return saves.current;
    },
    resume: () => {
      finished.current = false;
    },
    claimAgain: async () => {
      const view = await call("claim_review", { item_id }, { body: { reviewer } });
      token.current = view.mine?.token ?? null;
      setLease(view.mine?.lease_until_ms ?? null);
      setProblem(null);
      changed.current = true;
      await save();
    },
  };
}
