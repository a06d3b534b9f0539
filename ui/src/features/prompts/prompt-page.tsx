import { Button, NativeSelect, Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { promptMovesQuery, promptQuery, promptVersionsQuery } from "@/api/asset-queries";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import type { Prompt, PromptVersion } from "@/api/schema";
import { AliasForm } from "@/components/alias-form";
import { Content } from "@/components/content";
import { Facts } from "@/components/facts";
import { Moment } from "@/components/figures";
import { Page } from "@/components/page";
import { Pill } from "@/components/pill";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { Part } from "@/components/side-panel";
import { keyed, quote } from "@/lib/filtertext";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import { PromptForm } from "./prompt-form";
import classes from "./prompts.module.css";
import { TemplateDiff, TemplateText } from "./template-text";

const t = text.prompt;
const FROM = "/experiments/$experimentId/prompts/$name";

/** One prompt: its versions, the text of one, and what changed between two. */
export function PromptPage() {
  const { experimentId, name } = useParams({ from: FROM });
  const { version, against } = useSearch({ from: FROM });
  const prompt = useQuery(promptQuery(experimentId, name));
  const versions = useQuery(promptVersionsQuery(experimentId, name));
  const all = versions.data?.items ?? [];
  const shown = all.find((each) => String(each.version) === version) ?? all[0];
  const other = all.find((each) => String(each.version) === against);
  return (
    <Page
      title={name}
      heading={
        <>
          <Link to="/experiments/$experimentId/prompts" params={{ experimentId }}>
            {text.prompts.title}
          </Link>{" "}
          <span className="dim">/</span> <SafeText text={name} />
        </>
      }
    >
      {prompt.isError && (
        <>
          <ProblemNote error={prompt.error} retry={() => void prompt.refetch()} />
          <p>{t.gone}</p>
        </>
      )}
      {prompt.data?.description && (
        <p className="dim">
          <SafeText text={prompt.data.description} />
        </p>
      )}
      {versions.isPending && !prompt.isError && <Skeleton height={240} radius={8} />}
      {prompt.data !== undefined && shown !== undefined && (
        <div className={classes.layout}>
          <VersionList prompt={prompt.data} versions={all} shown={shown} />
          <Shown prompt={prompt.data} shown={shown} other={other} versions={all} />
        </div>
      )}
      <Moves experimentId={experimentId} name={name} />
    </Page>
  );
}

interface VersionListProps {
  prompt: Prompt;
  versions: readonly PromptVersion[];
  shown: PromptVersion;
}

function VersionList({ prompt, versions, shown }: VersionListProps) {
  const aliasesOf = (version: number) =>
    Object.entries(prompt.aliases)
      .filter(([, at]) => at === version)
      .map(([alias]) => alias);
  return (
    <nav aria-label={text.prompts.columns.version}>
      <ol className={classes.versions}>
        {versions.map((each) => (
          <li key={each.version}>
            <Link
              to="/experiments/$experimentId/prompts/$name"
              params={{ experimentId: prompt.experiment_id, name: prompt.name }}
              search={(before) => ({ ...before, version: String(each.version) })}
              className={classes.version}
              aria-current={each.version === shown.version ? "true" : undefined}
              activeProps={{}}
            >
              {t.versionN(each.version)}{" "}
              {aliasesOf(each.version).map((alias) => (
                <Pill key={alias} text={alias} />
              ))}
              <div className="dim clip">
                {each.message === "" ? (
                  <Moment ms={each.created_ms} relative />
                ) : (
                  <SafeText text={each.message} />
                )}
              </div>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

interface ShownProps {
  prompt: Prompt;
  shown: PromptVersion;
  other: PromptVersion | undefined;
  versions: readonly PromptVersion[];
}

function Shown({ prompt, shown, other, versions }: ShownProps) {
  const navigate = useNavigate({ from: FROM });
  const experimentId = prompt.experiment_id;
  const may = useMayIn(experimentId);
  const [writing, setWriting] = useState(false);
  const client = useQueryClient();
  const moved = () =>
    Promise.all(
      ["prompts", "prompt", "prompt-moves"].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  const filter = `${keyed("metadata", `lodeline.prompt.${shown.name}`)} = ${quote(String(shown.version))}`;
  const offered = versions
    .filter((each) => each.version !== shown.version)
    .map((each) => ({ value: String(each.version), label: t.versionN(each.version) }));
  return (
    <div>
      <div className={classes.tools}>
        <NativeSelect
          label={t.against}
          data={[{ value: "", label: t.noComparison }, ...offered]}
          value={other === undefined ? "" : String(other.version)}
          onChange={(event) => {
            const against = event.currentTarget.value || undefined;
            void navigate({ search: (before) => ({ ...before, against }) });
          }}
        />
        {may("prompt.write") && (
          <Button onClick={() => setWriting(true)}>{text.promptForm.newVersion}</Button>
        )}
        {writing && <PromptForm experimentId={experimentId} base={shown} close={() => setWriting(false)} />}
      </div>
      <Facts
        facts={[
          [t.version, shown.version],
          [t.created, <Moment key="m" ms={shown.created_ms} />],
          [t.author, shown.author],
          [t.kind, t.kinds[shown.kind]],
          [
            t.variables,
            shown.variables.length === 0 ? null : <SafeText key="v" text={shown.variables.join(", ")} />,
          ],
          [t.message, shown.message === "" ? null : <SafeText key="t" text={shown.message} />],
          [
            t.tags,
            Object.entries(shown.tags)
              .map(([key, value]) => `${key}=${value}`)
              .join(", "),
          ],
          [t.digest, <code key="d">{shown.digest.slice(0, 12)}</code>],
          [
            text.traces.title,
            <Link
              key="l"
              to="/experiments/$experimentId/traces"
              params={{ experimentId }}
              search={{ filter }}
            >
              {t.traces}
            </Link>,
          ],
        ]}
      />
      {may("prompt.write") && (
        <AliasForm
          known={Object.keys(prompt.aliases)}
          target={t.versionN(shown.version)}
          move={(alias, reason) => {
            const body = { set_aliases: { [alias]: shown.version }, reason };
            return call("update_prompt", { name: prompt.name, experiment: experimentId }, { body });
          }}
          moved={moved}
        />
      )}
      {other === undefined ? <TemplateText version={shown} /> : <TemplateDiff before={other} after={shown} />}
      {shown.model_config !== null && (
        <Part title={t.model}>
          <Content value={shown.model_config} />
        </Part>
      )}
      {shown.response_format !== null && (
        <Part title={t.response}>
          <Content value={shown.response_format} />
        </Part>
      )}
    </div>
  );
}

function Moves({ experimentId, name }: { experimentId: string; name: string }) {
  const moves = useQuery({ ...promptMovesQuery(experimentId, name), retry: false });
  if (moves.data === undefined || moves.data.length === 0) return null;
  const m = text.models;
  return (
    <Part title={t.moves}>
      <RowsTable
        label={t.moves}
        heads={[
          { label: m.at },
          { label: m.alias },
          { label: m.from, numeric: true },
          { label: m.to, numeric: true },
          { label: m.by },
          { label: m.reason },
        ]}
        rows={moves.data.map((each) => ({
          key: `${each.at_ms} ${each.alias}`,
          cells: [
            <Moment key="at" ms={each.at_ms} />,
            <SafeText key="alias" text={each.alias} />,
            each.before ?? MISSING,
            each.after ?? MISSING,
            <SafeText key="by" text={each.by ?? MISSING} />,
            <SafeText key="reason" text={each.reason} />,
          ],
        }))}
      />
    </Part>
  );
}
