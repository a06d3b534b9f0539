import { Button, Checkbox } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { modelsQuery } from "@/api/asset-queries";
import type { Model } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Moment, Share, Usd } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { Pill } from "@/components/pill";
import { RowButton } from "@/components/row-button";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { quote } from "@/lib/filtertext";
import { MISSING } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import { AliasMoves } from "./alias-moves";
import { ModelDiff } from "./model-diff";
import { ModelPanel } from "./model-panel";
import classes from "./models.module.css";
import { type ModelFigures, sharedNames, useModelFigures } from "./use-model-figures";

const t = text.models;
const FROM = "/experiments/$experimentId/models";

/** The versions of the application: where aliases point, what one is made of, what differs between two. */
export function ModelsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "", model, left, right } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const shown = useReadableFilter(filter, experimentId);
  const found = shown.noting(
    useInfiniteQuery(modelsQuery({ experiment: experimentId, filter: shown.filter, order })),
  );
  const pages = found.data?.pages;
  const listed = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const figures = useModelFigures(experimentId, listed);
  const change = (next: { model?: string; left?: string; right?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  const choose = (id: string) =>
    setChosen((before) =>
      before.includes(id) ? before.filter((each) => each !== id) : [...before.slice(-1), id],
    );
  // The older one stands left, as one reads from before to after.
  const compare = () => {
    const bornMs = (id: string) => listed.find(({ model_id }) => model_id === id)?.created_ms ?? 0;
    const [left, right] = [...chosen].sort((one, other) => bornMs(one) - bornMs(other));
    change({ left, right, model: undefined });
  };
  const open = (id: string) =>
    change({ model: id === model ? undefined : id, left: undefined, right: undefined });
  return (
    <EntityList
      title={t.title}
      filter={{ experimentId, entity: "model", hint: t.filterHint }}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found, shown.stale)}
      columns={columnsOf(listed, figures, chosen, choose, open)}
      keyOf={(each) => each.model_id}
      above={
        <div className={classes.bar}>
          <Button
            variant="default"
            leftSection={<IconArrowsDiff size={14} aria-hidden />}
            disabled={chosen.length !== 2}
            onClick={compare}
          >
            {t.compare}
          </Button>
          <span className="dim">{chosen.length === 2 ? t.hint : t.compareHint}</span>
        </div>
      }
    >
      {left !== undefined && right !== undefined && (
        <ModelDiff left={left} right={right} close={() => change({ left: undefined, right: undefined })} />
      )}
      {model !== undefined && (
        <ModelPanel key={model} modelId={model} close={() => change({ model: undefined })} />
      )}
      <AliasMoves experimentId={experimentId} />
    </EntityList>
  );
}

/** Enough of a commit's hash to find it by. */
const HASH_CHARS = 8;

function columnsOf(
  listed: readonly Model[],
  figures: ReadonlyMap<string, ModelFigures>,
  chosen: readonly string[],
  choose: (id: string) => void,
  open: (id: string) => void,
): readonly ListColumn<Model>[] {
  const shared = sharedNames(listed);
  const commit: ListColumn<Model> = {
    id: "commit",
    label: t.columns.commit,
    cell: ({ git }) =>
      git?.commit ? (
        <code title={`${visibleText(git.commit)}${git.dirty ? ` ${t.dirty}` : ""}`}>
          <SafeText text={git.commit.slice(0, HASH_CHARS)} />
          {git.dirty && ` ${t.changed}`}
        </code>
      ) : (
        MISSING
      ),
  };
  return [
    {
      id: "select",
      label: text.traces.column.select,
      unlabelled: true,
      cell: ({ model_id, name }) => (
        <Checkbox
          size="xs"
          aria-label={t.select(shared.has(name) ? `${name} (${model_id})` : name || model_id)}
          checked={chosen.includes(model_id)}
          onChange={() => choose(model_id)}
        />
      ),
    },
    {
      id: "name",
      label: t.columns.name,
      sort: "name",
      cell: ({ model_id, name, created_ms }) => (
        <>
          <RowButton onClick={() => open(model_id)}>
            <SafeText text={name || model_id} />
          </RowButton>
          {shared.has(name) && (
            <span className={`${classes.since} dim`}>
              <Moment ms={created_ms} />
            </span>
          )}
        </>
      ),
    },
    {
      id: "traces",
      label: t.figures.count,
      numeric: true,
      cell: ({ experiment_id, model_id }) => {
        const traces = figures.get(model_id)?.traces;
        return traces === undefined || traces === 0 ? (
          <Count value={traces} />
        ) : (
          <Link
            to="/experiments/$experimentId/traces"
            params={{ experimentId: experiment_id }}
            search={{ filter: `model = ${quote(model_id)}` }}
            preload={false}
          >
            <Count value={traces} />
          </Link>
        );
      },
    },
    {
      id: "error_rate",
      label: t.figures.errorRate,
      numeric: true,
      cell: ({ model_id }) => <Share value={figures.get(model_id)?.errorRate ?? null} />,
    },
    {
      id: "cost",
      label: t.figures.cost,
      numeric: true,
      cell: ({ model_id }) => (
        <span className={classes.cost}>
          <Usd value={figures.get(model_id)?.costUsd} />
        </span>
      ),
    },
    ...(listed.some(({ git }) => git?.commit) ? [commit] : []),
    {
      id: "aliases",
      label: t.columns.aliases,
      cell: ({ aliases }) =>
        aliases.length === 0 ? MISSING : aliases.map((alias) => <Pill key={alias} text={alias} />),
    },
    {
      id: "status",
      label: t.columns.status,
      sort: "status",
      cell: ({ status }) => (
        <span className={status === "FAILED" ? classes.failed : undefined}>{t.statuses[status]}</span>
      ),
    },
    {
      id: "type",
      label: t.columns.type,
      sort: "type",
      cell: ({ model_type }) => (model_type === null ? MISSING : <SafeText text={model_type} />),
    },
    {
      id: "params",
      label: t.columns.params,
      cell: ({ params }) => (
        <SafeText
          text={
            Object.entries(params)
              .map(([key, value]) => `${key}=${value}`)
              .join(", ") || MISSING
          }
        />
      ),
    },
    {
      id: "created",
      label: t.columns.created,
      sort: "created",
      cell: ({ created_ms }) => <Moment ms={created_ms} relative />,
    },
  ];
}
