import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { experimentQuery } from "@/api/queries";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { dateTime } from "@/lib/format";
import { text } from "@/strings";
import { Charts } from "./charts";
import { Failures } from "./failures";
import { GettingStarted } from "./getting-started";
import classes from "./home-page.module.css";
import { Quality } from "./quality";
import { useFigures } from "./use-figures";

const t = text.home;
const FROM = "/experiments/$experimentId";
const CARDS = ["a", "b", "c", "d"];

/** The overview of an experiment: how it fares, or how to begin. */
export function HomePage() {
  const { experimentId } = useParams({ from: FROM });
  const { zone, setRange } = useTimeRange();
  const experiment = useQuery(experimentQuery(experimentId));
  const state = useFigures(experimentId);
  const name = experiment.data?.name ?? experimentId;
  if (experiment.isError)
    return (
      <Page title={t.title}>
        <ProblemNote error={experiment.error} retry={() => void experiment.refetch()} />
      </Page>
    );
  return (
    <Page title={name} heading={<SafeText text={name} />}>
      {experiment.data !== undefined && experiment.data.description !== "" && (
        <p className={classes.description}>
          <SafeText text={experiment.data.description} />
        </p>
      )}
      {state.error !== null && <ProblemNote error={state.error} retry={state.retry} />}
      {state.known && state.newestMs === null && <GettingStarted experimentId={experimentId} name={name} />}
      {state.empty && state.newestMs !== null && (
        <Empty title={t.empty}>
          <p>{t.emptyHint(dateTime(state.newestMs, zone))}</p>
          <Button onClick={() => setRange("all")}>{t.showAll}</Button>
        </Empty>
      )}
      {!state.empty && state.figures !== undefined && (
        <>
          <Charts figures={state.figures}>
            <Failures experimentId={experimentId} failed={(state.figures.totals.error_rate ?? 0) > 0} />
          </Charts>
          <div className={classes.lower}>
            <Quality experimentId={experimentId} />
          </div>
        </>
      )}
      {experiment.data !== undefined &&
        state.figures === undefined &&
        !state.empty &&
        state.error === null && (
          <div className={classes.grid} aria-hidden>
            {CARDS.map((card) => (
              <Skeleton key={card} height={266} radius={8} />
            ))}
          </div>
        )}
    </Page>
  );
}
