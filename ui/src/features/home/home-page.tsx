import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { experimentQuery } from "@/api/queries";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { dateTime, oneLine } from "@/lib/format";
import { text } from "@/strings";
import { ModelsAndTools } from "./breakdown";
import { Budget } from "./budget";
import { Charts } from "./charts";
import { Failures } from "./failures";
import { GettingStarted } from "./getting-started";
import classes from "./home-page.module.css";
import { Quality } from "./quality";
import { ShownControl } from "./shown-control";
import { type FiguresState, useFigures } from "./use-figures";
import { useShown } from "./use-shown";

const t = text.home;
const FROM = "/experiments/$experimentId";
const MOST_DESCRIPTION = 1_000;
const CARDS = ["a", "b", "c", "d"];

/** The overview of an experiment: how it fares, or how to begin. */
export function HomePage() {
  const { experimentId } = useParams({ from: FROM });
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
    <Page
      title={name}
      heading={<SafeText text={name} />}
      aside={<ShownControl experimentId={experimentId} />}
    >
      {experiment.data !== undefined && experiment.data.description !== "" && (
        <p className={classes.description}>
          <SafeText text={oneLine(experiment.data.description, MOST_DESCRIPTION)} />
        </p>
      )}
      {typeof experiment.data?.settings.budget.max_usd === "number" && <Budget experimentId={experimentId} />}
      {state.error !== null && <ProblemNote error={state.error} retry={state.retry} />}
      <Overview experimentId={experimentId} name={name} state={state} named={experiment.data !== undefined} />
    </Page>
  );
}

interface OverviewProps {
  experimentId: string;
  name: string;
  state: FiguresState;
  /** What stands above is known, too: nothing will push this down. */
  named: boolean;
}

/** One of four: not known yet, nothing ever came, nothing in this time range, or the figures. */
function Overview({ experimentId, name, state, named }: OverviewProps) {
  const { zone, setRange } = useTimeRange();
  const { figures, newestMs } = state;
  const { shown } = useShown();
  if (!named) return null;
  if (!state.known || (figures === undefined && !state.empty && newestMs !== null))
    return state.error === null ? <Cards /> : null;
  if (newestMs === null && shown !== "all") return <Empty title={t.empty} />;
  if (newestMs === null) return <GettingStarted experimentId={experimentId} name={name} />;
  if (figures === undefined || state.empty)
    return (
      <Empty title={t.empty}>
        <p>{t.emptyHint(dateTime(newestMs, zone))}</p>
        <Button onClick={() => setRange("all")}>{t.showAll}</Button>
      </Empty>
    );
  return (
    <>
      <Charts figures={figures}>
        <Failures experimentId={experimentId} failed={(figures.totals.error_rate ?? 0) > 0} />
      </Charts>
      <div className={classes.lower}>
        <Quality experimentId={experimentId} />
        <ModelsAndTools experimentId={experimentId} />
      </div>
    </>
  );
}

function Cards() {
  return (
    <div className={classes.grid} aria-hidden>
      {CARDS.map((card) => (
        <Skeleton key={card} height={266} radius={8} />
      ))}
    </div>
  );
}
