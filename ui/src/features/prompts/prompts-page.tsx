import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { promptsQuery } from "@/api/asset-queries";
import { useMayIn } from "@/api/permissions";
import type { Prompt } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { Pill } from "@/components/pill";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import { PromptForm } from "./prompt-form";

const t = text.prompts;
const FROM = "/experiments/$experimentId/prompts";

/** The prompts of an experiment. */
export function PromptsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "" } = useSearch({ from: FROM });
  const shown = useReadableFilter(filter, experimentId);
  const found = shown.noting(
    useInfiniteQuery(promptsQuery({ experiment: experimentId, filter: shown.filter, order })),
  );
  const may = useMayIn(experimentId);
  const [writing, setWriting] = useState(false);
  return (
    <EntityList
      title={t.title}
      aside={
        <>
          {may("prompt.write") && <Button onClick={() => setWriting(true)}>{text.promptForm.create}</Button>}
          {writing && <PromptForm experimentId={experimentId} close={() => setWriting(false)} />}
        </>
      }
      filter={{ experimentId, entity: "prompt", hint: t.filterHint }}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found, shown.stale)}
      columns={COLUMNS}
      keyOf={(each) => each.name}
    />
  );
}

const COLUMNS: readonly ListColumn<Prompt>[] = [
  {
    id: "name",
    label: t.columns.name,
    sort: "name",
    cell: ({ experiment_id, name }) => (
      <Link
        to="/experiments/$experimentId/prompts/$name"
        params={{ experimentId: experiment_id, name }}
        preload={false}
      >
        <SafeText text={name} />
      </Link>
    ),
  },
  {
    id: "version",
    label: t.columns.version,
    numeric: true,
    sort: "version",
    cell: ({ latest_version }) => latest_version,
  },
  { id: "aliases", label: t.columns.aliases, cell: ({ aliases }) => <Aliases aliases={aliases} /> },
  {
    id: "description",
    label: t.columns.description,
    cell: ({ description }) => <SafeText text={description} />,
  },
  {
    id: "updated",
    label: t.columns.updated,
    sort: "updated",
    cell: ({ updated_ms }) => <Moment ms={updated_ms} relative />,
  },
];

function Aliases({ aliases }: Pick<Prompt, "aliases">) {
  const all = Object.entries(aliases);
  if (all.length === 0) return MISSING;
  return all.map(([alias, version]) => <Pill key={alias} text={t.aliasAt(alias, version)} />);
}
