import { Button, Progress, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useMayIn } from "@/api/permissions";
import { reviewSessionQuery } from "@/api/review-queries";
import type { ReviewSession } from "@/api/schema";
import { Content } from "@/components/content";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import {
  isReviewerName,
  MOST_REVIEWER_NAME,
  REMEMBERED_REVIEWER,
  useSignedIn,
} from "@/components/reviewer-name";
import { SafeText } from "@/components/safe-text";
import { recall, remember } from "@/lib/stored";
import { text } from "@/strings";
import { ReviewDesk } from "./review-desk";
import classes from "./reviewing.module.css";

const t = text.review;
const FROM = "/review/$runId";

/** Where a reviewer works through a labeling session, one item after the other.
 *
 * Whoever is signed in reviews in their own name. Otherwise the name stands in the address; where it does not, it is
 * asked for once, and this browser remembers it.
 */
export function ReviewPage() {
  const { runId } = useParams({ from: FROM });
  const { reviewer: given } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const signedIn = useSignedIn();
  const [asking, setAsking] = useState(false);
  if (signedIn === undefined) return null;
  const reviewer = signedIn ? null : (given ?? recall(REMEMBERED_REVIEWER, "", isReviewerName));
  if (asking || reviewer === "") {
    const begin = (name: string) => {
      remember(REMEMBERED_REVIEWER, name);
      setAsking(false);
      void navigate({ search: (before) => ({ ...before, reviewer: name }), replace: true });
    };
    return <NameForm first={reviewer ?? ""} begin={begin} />;
  }
  return <Session key={reviewer} runId={runId} reviewer={reviewer} rename={() => setAsking(true)} />;
}

function NameForm({ first, begin }: { first: string; begin: (name: string) => void }) {
  const [name, setName] = useState(first);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") begin(name.trim());
  };
  return (
    <Page title={t.nameTitle}>
      <form className={classes.name} onSubmit={submit} aria-label={t.nameTitle}>
        <p className="dim">{t.nameHint}</p>
        <TextInput
          label={t.name}
          required
          autoFocus
          maxLength={MOST_REVIEWER_NAME}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" disabled={name.trim() === ""}>
          {t.begin}
        </Button>
      </form>
    </Page>
  );
}

interface SessionProps {
  runId: string;
  reviewer: string | null;
  rename: () => void;
}

function Session({ runId, reviewer, rename }: SessionProps) {
  const session = useQuery(reviewSessionQuery(runId, reviewer));
  const name = session.data?.name ?? t.title;
  return (
    <Page
      title={`${t.title}: ${name}`}
      heading={<SafeText text={name} />}
      aside={
        session.data !== undefined && (
          <>
            <BackLink session={session.data} />
            <span className="dim" title={session.data.verified ? undefined : t.unverified}>
              {t.as} <SafeText text={session.data.reviewer} />
            </span>
            {reviewer !== null && (
              <Button size="compact-xs" variant="subtle" onClick={rename}>
                {t.change}
              </Button>
            )}
          </>
        )
      }
    >
      {session.isError && <ProblemNote error={session.error} retry={() => void session.refetch()} />}
      {session.isError && reviewer !== null && session.data === undefined && (
        <Button variant="default" onClick={rename}>
          {t.change}
        </Button>
      )}
      {session.isPending && <Skeleton height={400} radius={8} />}
      {session.data !== undefined && (
        <>
          <Head session={session.data} />
          <ReviewDesk session={session.data} reviewer={reviewer} />
        </>
      )}
    </Page>
  );
}

/** The way to the session itself, for those who may see it whole. */
function BackLink({ session }: { session: ReviewSession }) {
  const { experiment_id: experimentId, run_id: runId } = session;
  const may = useMayIn(experimentId);
  if (!may("labeling.read")) return <Link to="/reviews">{text.reviews.title}</Link>;
  return (
    <Link to="/experiments/$experimentId/labeling/$runId" params={{ experimentId, runId }}>
      {t.session}
    </Link>
  );
}

function Head({ session }: { session: ReviewSession }) {
  const total = session.items_total;
  const done = total - session.items_open;
  return (
    <>
      <Progress
        className={classes.progress}
        value={total === 0 ? 0 : (100 * done) / total}
        aria-label={t.progress}
      />
      <p className={`${classes.counts} dim`}>
        {t.done(done, total)} {t.mine(session.mine.submitted)}
      </p>
      {session.instructions.trim() !== "" && (
        <details className={classes.instructions} open>
          <summary>{t.instructions}</summary>
          <Content value={session.instructions} markdown />
        </details>
      )}
    </>
  );
}
