import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Problem } from "@/api/client";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";
import classes from "./reviewing.module.css";

const t = text.review;
/** Errors after which this item is no longer the reviewer's to submit. */
const LOST = new Set([
  "claim_lost",
  "item_state",
  "reviewed_already",
  "no_place",
  "labeling_state",
  "not_found",
]);

interface ReviewProblemProps {
  error: unknown;
  claimAgain: () => Promise<void>;
  advance: () => Promise<void>;
}

/** What the server said against a review, and the ways on from there. */
export function ReviewProblem({ error, claimAgain, advance }: ReviewProblemProps) {
  const act = useMutation({ meta: { shown: true }, mutationFn: (what: () => Promise<void>) => what() });
  const shown = act.error ?? error;
  if (shown === null || shown === undefined) return null;
  const lost = shown instanceof Problem && LOST.has(shown.code);
  return (
    <>
      <ProblemNote error={shown} />
      {lost && (
        <div className={classes.buttons}>
          <Button variant="default" loading={act.isPending} onClick={() => act.mutate(claimAgain)}>
            {t.claimAgain}
          </Button>
          <Button variant="default" loading={act.isPending} onClick={() => act.mutate(advance)}>
            {t.nextItem}
          </Button>
        </div>
      )}
    </>
  );
}
