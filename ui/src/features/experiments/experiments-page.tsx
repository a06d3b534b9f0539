import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { maySomewhere, useMay } from "@/api/permissions";
import { experimentsQuery, meQuery } from "@/api/queries";
import type { Experiment } from "@/api/schema";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import table from "@/components/table.module.css";
import { text } from "@/strings";
import { ExperimentForm } from "./experiment-form";
import { ExperimentRow } from "./experiment-row";
import classes from "./experiments-page.module.css";
import { useActivity } from "./use-activity";

const t = text.experiments;

/** Where everybody begins; whoever only reviews begins with their reviews. */
export function ExperimentsPage() {
  const { data: me } = useQuery(meQuery);
  const onlyReviews = !maySomewhere(me, "experiment.read") && maySomewhere(me, "labeling.review");
  return onlyReviews ? <Navigate to="/reviews" replace /> : <ExperimentList />;
}

/** The list of experiments: what happens in each, at a glance. */
function ExperimentList() {
  const { find = "", show } = useSearch({ from: "/experiments" });
  const deleted = show === "deleted";
  const navigate = useNavigate({ from: "/experiments" });
  const experiments = useQuery(experimentsQuery(deleted ? "DELETED" : "ACTIVE"));
  const [creating, create] = useDisclosure(false);
  const activity = useActivity();
  const may = useMay();
  const shown = useMemo(() => matching(experiments.data?.items ?? [], find), [experiments.data, find]);
  return (
    <Page
      title={t.title}
      aside={
        <>
          <TextInput
            type="search"
            leftSection={<IconSearch size={14} aria-hidden />}
            placeholder={t.find}
            aria-label={t.find}
            w={260}
            value={find}
            onChange={(event) => {
              const next = event.currentTarget.value || undefined;
              void navigate({ search: (before) => ({ ...before, find: next }), replace: true });
            }}
          />
          <SegmentedControl
            aria-label={t.list}
            data={[
              { value: "active", label: t.activeOnes },
              { value: "deleted", label: t.deletedOnes },
            ]}
            value={deleted ? "deleted" : "active"}
            onChange={(value) => {
              const next = value === "deleted" ? value : undefined;
              void navigate({ search: (before) => ({ ...before, show: next }) });
            }}
          />
          {may("experiment.create") && (
            <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={create.open}>
              {t.create}
            </Button>
          )}
        </>
      }
    >
      {experiments.isError && (
        <ProblemNote error={experiments.error} retry={() => void experiments.refetch()} />
      )}
      {experiments.data !== undefined && shown.length === 0 && (
        <NoExperiments deleted={deleted} searched={find !== ""} />
      )}
      {shown.length > 0 && (
        <div className={table.wrap}>
          <table className={`${table.table} ${classes.table}`} aria-label={t.list}>
            <thead>
              <tr>
                <th>{t.columns.name}</th>
                <th className={`${classes.activity} ${classes.more}`}>{t.columns.activity}</th>
                <th data-num className={classes.count}>
                  {t.columns.traces}
                </th>
                <th data-num className={classes.share}>
                  {t.columns.errors}
                </th>
                <th data-num className={`${classes.figure} ${classes.more}`}>
                  {t.columns.p95}
                </th>
                <th data-num className={`${classes.figure} ${classes.more}`}>
                  {t.columns.cost}
                </th>
                <th className={`${classes.last} ${classes.more}`}>{t.columns.lastError}</th>
                <th className={deleted ? classes.restore : classes.menu}>
                  <span className="visually-hidden">{text.common.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((experiment) => (
                <ExperimentRow
                  key={experiment.experiment_id}
                  experiment={experiment}
                  activity={activity.get(experiment.experiment_id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <ExperimentForm close={create.close} />}
    </Page>
  );
}

function NoExperiments({ deleted, searched }: { deleted: boolean; searched: boolean }) {
  if (searched) return <Empty title={t.noneFound} />;
  return deleted ? <Empty title={t.noDeleted} /> : <Empty title={t.emptyTitle}>{t.emptyHint}</Empty>;
}

/** Experiments that have every word somewhere in their name, description or tags. */
export function matching(experiments: readonly Experiment[], find: string): readonly Experiment[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return experiments;
  return experiments.filter((experiment) => {
    const tags = Object.entries(experiment.tags).map(([key, value]) => `${key}=${value}`);
    const all = [experiment.name, experiment.description, ...tags].join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
