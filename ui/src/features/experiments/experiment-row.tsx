import { ActionIcon, Badge, Button, Menu, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconEdit, IconRestore, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { someTracesQuery } from "@/api/queries";
import type { Experiment } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { Count, Duration, Moment, Share, Usd } from "@/components/figures";
import { Confirm } from "@/components/form-buttons";
import { SafeText } from "@/components/safe-text";
import { Sparkline } from "@/components/sparkline";
import table from "@/components/table.module.css";
import { showToast } from "@/components/toast-store";
import { nsToMs, oneLine, shortNumber } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import { ExperimentForm } from "./experiment-form";
import classes from "./experiment-row.module.css";
import columns from "./experiments-page.module.css";
import type { Activity } from "./use-activity";

const t = text.experiments;
const TAGS_SHOWN = 3;
/** Tags that Lodeline itself sets. */
const OWN_TAGS = "lodeline.";
const MOST_DESCRIPTION = 200;

export function ExperimentRow({ experiment, activity }: { experiment: Experiment; activity?: Activity }) {
  const experimentId = experiment.experiment_id;
  const active = experiment.lifecycle === "ACTIVE";
  const tags = Object.entries(experiment.tags).filter(([key]) => !key.startsWith(OWN_TAGS));
  return (
    <tr>
      <td data-wide>
        {active ? (
          <Link to="/experiments/$experimentId" params={{ experimentId }} className={table.name}>
            <SafeText text={experiment.name} />
          </Link>
        ) : (
          <span className={table.name}>
            <SafeText text={experiment.name} />
          </span>
        )}
        {experiment.description !== "" && (
          <div className={`${table.note} clip`} title={experiment.description}>
            <SafeText text={oneLine(experiment.description, MOST_DESCRIPTION)} />
          </div>
        )}
        {tags.length > 0 && (
          <div className={classes.tags}>
            {tags.slice(0, TAGS_SHOWN).map(([key, value]) => (
              <Badge key={key} size="xs" variant="default" tt="none" fw={400}>
                <SafeText text={`${key}=${value}`} />
              </Badge>
            ))}
          </div>
        )}
      </td>
      <td className={columns.more}>
        {activity === undefined ? (
          <span className="dim">{t.noActivity}</span>
        ) : (
          <Sparkline bars={activity.bars} label={t.activity(shortNumber(activity.count))} />
        )}
      </td>
      <td data-num>
        <Count value={activity?.count ?? 0} />
      </td>
      <td data-num data-bad={(activity?.errorRate ?? 0) > 0 || undefined} className={classes.errors}>
        <Share value={activity?.errorRate ?? null} n={activity?.count} />
      </td>
      <td data-num className={columns.more}>
        <Duration ms={activity?.p95Ms} />
      </td>
      <td data-num className={columns.more}>
        <Usd value={activity?.costUsd} />
      </td>
      <td className={columns.more}>
        <div className={classes.last}>
          <LastError experimentId={experimentId} failed={(activity?.errorRate ?? 0) > 0} />
        </div>
      </td>
      <td>
        <RowMenu experiment={experiment} />
      </td>
    </tr>
  );
}

function LastError({ experimentId, failed }: { experimentId: string; failed: boolean }) {
  const { clause } = useTimeRange();
  const list = { experiment: experimentId, filter: joinClauses("state = 'ERROR'", clause) };
  const found = useQuery({ ...someTracesQuery(list, 1), enabled: failed });
  if (!failed) return <span className="dim">{t.noError}</span>;
  const trace = found.data?.items[0];
  if (trace === undefined) return found.isPending ? <Skeleton height={12} width={120} /> : null;
  return (
    <>
      <Link
        to="/experiments/$experimentId/traces/$traceId"
        params={{ experimentId, traceId: trace.trace_id }}
      >
        <Moment ms={nsToMs(trace.start_ns)} relative />
      </Link>
      <div className={`${table.note} clip`} title={trace.status_message}>
        <SafeText text={trace.status_message || trace.name} />
      </div>
    </>
  );
}

function RowMenu({ experiment }: { experiment: Experiment }) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const client = useQueryClient();
  const experiment_id = experiment.experiment_id;
  const may = useMayIn(experiment_id);
  const again = () => client.invalidateQueries({ queryKey: ["experiments"] });
  const restore = useMutation({
    mutationFn: () => call("restore_experiment", { experiment_id }),
    onSuccess: () => {
      showToast(t.restored(experiment.name));
      return again();
    },
  });
  const drop = useMutation({
    mutationFn: () => call("delete_experiment", { experiment_id }),
    onSuccess: () => {
      remove.close();
      showToast(t.removed(experiment.name));
      return again();
    },
  });
  if (!may("experiment.edit") && !may("experiment.delete")) return null;
  if (experiment.lifecycle === "DELETED")
    return (
      <Button
        variant="default"
        leftSection={<IconRestore size={14} aria-hidden />}
        loading={restore.isPending}
        onClick={() => restore.mutate()}
      >
        {t.restore}
      </Button>
    );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${experiment.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may("experiment.edit") && (
            <Menu.Item leftSection={<IconEdit size={14} />} onClick={edit.open}>
              {t.rename}
            </Menu.Item>
          )}
          {may("experiment.delete") && (
            <Menu.Item leftSection={<IconTrash size={14} />} color="red" onClick={remove.open}>
              {t.remove}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {editing && <ExperimentForm experiment={experiment} close={edit.close} />}
      {deleting && (
        <Confirm
          destroys
          title={t.removeTitle(experiment.name)}
          hint={t.removeHint}
          act={t.remove}
          busy={drop.isPending}
          onConfirm={() => drop.mutate()}
          close={remove.close}
        />
      )}
    </>
  );
}
