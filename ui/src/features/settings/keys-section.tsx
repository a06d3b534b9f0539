import { Button, Checkbox, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { type ExperimentAction, maySomewhere } from "@/api/permissions";
import { keysQuery, meQuery } from "@/api/queries";
import type { ApiKey } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import classes from "./settings-page.module.css";
import { SettingsTable, useAgain } from "./settings-table";

const t = text.settings;
type Scope = ApiKey["scopes"][number];
/** Who gives a scope to a key must be able to do this, somewhere, themselves. */
const SCOPES: readonly { scope: Scope; needs: ExperimentAction }[] = [
  { scope: "ingest", needs: "trace.ingest" },
  { scope: "read", needs: "trace.read" },
  { scope: "write", needs: "trace.edit" },
  { scope: "admin", needs: "experiment.share" },
];

/** One's own API keys, and a form for a new one. */
export function KeysSection() {
  const keys = useQuery({ ...keysQuery, retry: false });
  const me = useQuery(meQuery);
  const offered = SCOPES.filter((each) => maySomewhere(me.data, each.needs)).map((each) => each.scope);
  if (keys.isError) return <ProblemNote error={keys.error} />;
  return (
    <>
      {offered.length > 0 ? <NewKey offered={offered} /> : <p className="dim">{t.noScopes}</p>}
      {keys.data !== undefined && keys.data.length === 0 && <p className="dim">{t.noKeys}</p>}
      {keys.data !== undefined && keys.data.length > 0 && (
        <SettingsTable
          label={t.keys}
          heads={[t.key, t.scopes, t.created, t.lastUsed, t.expires].map((label) => ({ label }))}
        >
          {keys.data.map((key) => (
            <KeyRow key={key.key_id} apiKey={key} />
          ))}
        </SettingsTable>
      )}
    </>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
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

function NewKey({ offered }: { offered: readonly Scope[] }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(offered.slice(0, 1));
  const again = useAgain(keysQuery.queryKey);
  const create = useMutation({
    meta: { shown: true },
    mutationFn: () => call("create_key", {}, { body: { name, scopes: [...scopes] } }),
    onSuccess: async () => {
      setName("");
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
