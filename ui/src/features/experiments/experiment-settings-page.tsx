import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { maySomewhere, useMayIn } from "@/api/permissions";
import { experimentQuery, meQuery } from "@/api/queries";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { ReadOnly } from "@/components/read-only";
import { quote } from "@/lib/filtertext";
import { text } from "@/strings";
import classes from "./experiment-settings.module.css";
import { SettingsSheet } from "./settings-sheet";

const t = text.experimentSettings;
const FROM = "/experiments/$experimentId/settings";

/** Everything that is set for one experiment, to be read, and changed by whom the server lets. */
export function ExperimentSettingsPage() {
  const { experimentId } = useParams({ from: FROM });
  const experiment = useQuery(experimentQuery(experimentId));
  const me = useQuery(meQuery);
  const mayEdit = useMayIn(experimentId)("experiment.edit");
  const deleted = experiment.data?.lifecycle === "DELETED";
  const filter = `target = ${quote(experimentId)} AND action = 'experiment.update'`;
  return (
    <Page
      title={t.title}
      aside={
        maySomewhere(me.data, "audit.read") && (
          <Link to="/settings/$section" params={{ section: "audit" }} search={{ filter }}>
            {t.trail}
          </Link>
        )
      }
    >
      {experiment.isError && <ProblemNote error={experiment.error} retry={() => void experiment.refetch()} />}
      {experiment.isPending && <Skeleton height={600} className={classes.sheet} />}
      {experiment.data !== undefined && me.data !== undefined && (
        <>
          {deleted && <p className={classes.sheet}>{t.deleted}</p>}
          {!mayEdit && (
            <p>
              <ReadOnly experimentId={experimentId} />
            </p>
          )}
          <SettingsSheet
            key={experiment.data.experiment_id}
            experiment={experiment.data}
            mayEdit={mayEdit && !deleted}
          />
        </>
      )}
    </Page>
  );
}
