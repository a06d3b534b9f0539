import { Button, Checkbox, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { type ExperimentAction, maySomewhere, type ServerAction, useMay } from "@/api/permissions";
import { experimentsQuery, keysQuery, meQuery } from "@/api/queries";
import type { ApiKey, Experiment } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./settings-page.module.css";
import { SettingsTable, useAgain } from "./settings-table";

const t = text.settings;
const DAY_MS = 86_400_000;
const LIFETIMES_DAYS = [7, 30, 90, 365];
const NONE: readonly Experiment[] = [];
type Scope = ApiKey["scopes"][number];
/** Who gives a scope to a key must be able to do this themselves: in some experiment, or to the server. */
const SCOPES: readonly { scope: Scope; needs: ExperimentAction }[] = [
  { scope: "ingest", needs: "trace.ingest" },
  { scope: "read", needs: "trace.read" },
  { scope: "write", needs: "trace.edit" },
  { scope: "admin", needs: "experiment.share" },
];
const SERVER_SCOPES: readonly { scope: Scope; needs: ServerAction }[] = [
  { scope: "metrics", needs: "server.measure" },
];

/** One's own API keys, and a form for a new one. */
export function KeysSection() {
  const keys = useQuery({ ...keysQuery, retry: false });
  const me = useQuery(meQuery);
  const experiments = useQuery(experimentsQuery("ACTIVE")).data?.items ?? NONE;
  const nameOf = (id: string) => experiments.find((each) => each.experiment_id === id)?.name ?? id;
  const may = useMay();
  const offered = [
    ...SCOPES.filter((each) => maySomewhere(me.data, each.needs)),
    ...SERVER_SCOPES.filter((each) => may(each.needs)),
  ].map((each) => each.scope);
  if (keys.isError) return <ProblemNote error={keys.error} />;
  return (
    <>
      {offered.length > 0 ? (
        <NewKey offered={offered} experiments={experiments} />
      ) : (
        <p className="dim">{t.noScopes}</p>
      )}
      {keys.data !== undefined && keys.data.length === 0 && <p className="dim">{t.noKeys}</p>}
      {keys.data !== undefined && keys.data.length > 0 && (
        <SettingsTable
          label={t.keys}
          heads={[t.key, t.scopes, t.experiments, t.created, t.lastUsed, t.expires].map((label) => ({
            label,
          }))}
        >
          {keys.data.map((key) => (
            <KeyRow key={key.key_id} apiKey={key} nameOf={nameOf} />
          ))}
        </SettingsTable>
      )}
    </>
  );
}

function KeyRow({ apiKey, nameOf }: { apiKey: ApiKey; nameOf: (experimentId: string) => string }) {
  const again = useAgain(keysQuery.queryKey);
  const revoke = useMutation({
    mutationFn: () => call("revoke_key", { key_id: apiKey.key_id }),
    onSuccess: again,
  });
  const time = (ms: number | null) => (ms === null ? t.never : <Moment ms={ms} />);
  return (
    <tr>
      <td>
        <strong>
          <SafeText text={apiKey.name} />
        </strong>{" "}
        <code className="dim">{apiKey.prefix}…</code>
      </td>
      <td>{apiKey.scopes.join(", ")}</td>
      <td className={classes.experiments}>
        {apiKey.experiment_ids === null
          ? t.allExperiments
          : apiKey.experiment_ids.map((id) => (
              <div key={id}>
                <SafeText text={nameOf(id)} />
              </div>
            ))}
      </td>
      <td>{time(apiKey.created_ms)}</td>
      <td>{time(apiKey.last_used_ms)}</td>
      <td>{time(apiKey.expires_ms)}</td>
      <td>
        {apiKey.revoked_ms === null ? (
          <Button variant="default" loading={revoke.isPending} onClick={() => revoke.mutate()}>
            {t.revoke}
          </Button>
        ) : (
          <span className="dim">{t.revoked}</span>
        )}
      </td>
    </tr>
  );
}

interface NewKeyProps {
  offered: readonly Scope[];
  experiments: readonly Experiment[];
}

function NewKey({ offered, experiments }: NewKeyProps) {
  const [within, setWithin] = useState<string[]>([]);
  const [days, setDays] = useState("");
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(offered.slice(0, 1));
  const again = useAgain(keysQuery.queryKey);
  const create = useMutation({
    meta: { shown: true },
    mutationFn: () => {
      const body = {
        name,
        scopes: [...scopes],
        experiment_ids: within.length === 0 ? null : within,
        expires_ms: days === "" ? null : Date.now() + Number(days) * DAY_MS,
      };
      return call("create_key", {}, { body });
    },
    onSuccess: async () => {
      setName("");
      setWithin([]);
      await again();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <>
      <form className={classes.form} onSubmit={submit} aria-label={t.newKey}>
        <TextInput
          label={t.key}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className={classes.scopes}>
          {offered.map((scope) => (
            <Checkbox
              key={scope}
              label={scope}
              checked={scopes.includes(scope)}
              onChange={(event) => {
                const on = event.currentTarget.checked;
                setScopes(offered.filter((each) => (each === scope ? on : scopes.includes(each))));
              }}
            />
          ))}
        </div>
        <MultiSelect
          label={t.experiments}
          placeholder={within.length === 0 ? t.allExperiments : undefined}
          w={260}
          searchable
          clearable
          data={experiments.map((each) => ({ value: each.experiment_id, label: visibleText(each.name) }))}
          value={within}
          onChange={setWithin}
        />
        <NativeSelect
          label={t.expires}
          data={[
            { value: "", label: t.never },
            ...LIFETIMES_DAYS.map((each) => ({ value: String(each), label: t.inDays(each) })),
          ]}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending} disabled={scopes.length === 0}>
          {t.newKey}
        </Button>
        {create.isError && <ProblemNote error={create.error} />}
      </form>
      {create.data !== undefined && (
        <div className={classes.secret} role="status">
          <div>
            <div>{t.keyMade}</div>
            <code>{create.data.secret}</code>
          </div>
          <CopyButton label={text.common.copy} value={create.data.secret} />
        </div>
      )}
    </>
  );
}
