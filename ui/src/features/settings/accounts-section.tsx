import { ActionIcon, Button, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { useMay } from "@/api/permissions";
import { accountsQuery, experimentsQuery } from "@/api/queries";
import type { Account, Experiment } from "@/api/schema";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import classes from "./settings-page.module.css";
import { SettingsTable, useAgain } from "./settings-table";

const t = text.settings;
type Role = NonNullable<Account["role"]>;
const ROLES = [
  { value: "", label: t.noRole },
  { value: "admin", label: "admin" },
  { value: "editor", label: "editor" },
  { value: "viewer", label: "viewer" },
  { value: "reviewer", label: "reviewer" },
];

function roleOf(value: string): Role | null {
  return value === "" ? null : (value as Role);
}

/** The accounts of the server, their roles, and a form for a new one. */
export function AccountsSection() {
  const mayManage = useMay()("account.manage");
  const accounts = useQuery({ ...accountsQuery, retry: false, enabled: mayManage });
  const experiments = useQuery(experimentsQuery("ACTIVE"));
  const items = experiments.data?.items ?? [];
  const nameOf = (id: string) => items.find((each) => each.experiment_id === id)?.name ?? id;
  if (!mayManage) return <p className="dim">{t.forbidden}</p>;
  if (accounts.isError) return <ProblemNote error={accounts.error} />;
  return (
    <>
      <NewAccount />
      <SettingsTable
        label={t.accounts}
        heads={[{ label: t.account }, { label: t.role }, { label: t.roles }, { label: t.created }]}
      >
        {(accounts.data ?? []).map((account) => (
          <AccountRow key={account.account_id} account={account} nameOf={nameOf} experiments={items} />
        ))}
      </SettingsTable>
    </>
  );
}

interface GrantsProps {
  account: Account;
  nameOf: (experimentId: string) => string;
  experiments: readonly Experiment[];
}

/** The roles that an account has in single experiments: each can be taken away, others granted. */
function Grants({ account, nameOf, experiments }: GrantsProps) {
  const [experimentId, setExperimentId] = useState("");
  const again = useAgain(accountsQuery.queryKey);
  const grant = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role | null }) =>
      call("set_account_role", { account: account.name }, { body: { role, experiment_id: id } }),
    onSuccess: async () => {
      setExperimentId("");
      await again();
    },
  });
  return (
    <>
      {Object.entries(account.roles).map(([id, role]) => (
        <div key={id}>
          <SafeText text={t.grantIn(nameOf(id), role)} />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="xs"
            aria-label={`${t.remove}: ${t.grantIn(nameOf(id), role)}`}
            onClick={() => grant.mutate({ id, role: null })}
          >
            <IconX size={12} />
          </ActionIcon>
        </div>
      ))}
      <div className={classes.grant}>
        <NativeSelect
          aria-label={`${t.grant}: ${account.name}`}
          data={[
            { value: "", label: "…" },
            ...experiments.map((each) => ({ value: each.experiment_id, label: each.name })),
          ]}
          value={experimentId}
          onChange={(event) => setExperimentId(event.currentTarget.value)}
        />
        {experimentId !== "" && (
          <NativeSelect
            aria-label={`${t.role}: ${nameOf(experimentId)}`}
            data={[{ value: "", label: "…" }, ...ROLES.slice(1)]}
            value=""
            onChange={(event) => grant.mutate({ id: experimentId, role: roleOf(event.currentTarget.value) })}
          />
        )}
      </div>
    </>
  );
}

function AccountRow({ account, nameOf, experiments }: GrantsProps) {
  const again = useAgain(accountsQuery.queryKey);
  const role = useMutation({
    mutationFn: (next: Role | null) =>
      call("set_account_role", { account: account.name }, { body: { role: next } }),
    onSuccess: again,
  });
  const disable = useMutation({
    mutationFn: (disabled: boolean) =>
      call("set_account_disabled", { account_id: account.account_id }, { body: { disabled } }),
    onSuccess: again,
  });
  return (
    <tr>
      <td className={account.disabled ? classes.off : undefined}>
        <SafeText text={account.name} />
        {account.disabled && <span className="visually-hidden">{t.disabled}</span>}
        {account.external !== null && (
          <div className="dim">
            <SafeText text={t.linked(account.external.subject)} />
          </div>
        )}
      </td>
      <td>
        <NativeSelect
          aria-label={`${t.role}: ${account.name}`}
          data={ROLES}
          value={account.role ?? ""}
          onChange={(event) => role.mutate(roleOf(event.currentTarget.value))}
        />
      </td>
      <td>
        <Grants account={account} nameOf={nameOf} experiments={experiments} />
      </td>
      <td>
        <Moment ms={account.created_ms} />
      </td>
      <td>
        <Button
          variant="default"
          loading={disable.isPending}
          onClick={() => disable.mutate(!account.disabled)}
        >
          {account.disabled ? t.enable : t.disable}
        </Button>
      </td>
    </tr>
  );
}

function NewAccount() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("viewer");
  const again = useAgain(accountsQuery.queryKey);
  const create = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call("create_account", {}, { body: { name, password: password || null, role: roleOf(role) } }),
    onSuccess: async () => {
      setName("");
      setPassword("");
      showToast(text.experiments.created(name));
      await again();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit} aria-label={t.newAccount}>
      <TextInput
        label={t.account}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={t.password}
        w={180}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <NativeSelect
        label={t.role}
        data={ROLES}
        value={role}
        onChange={(event) => setRole(event.currentTarget.value)}
      />
      <Button type="submit" loading={create.isPending}>
        {t.newAccount}
      </Button>
      {create.isError && <ProblemNote error={create.error} />}
    </form>
  );
}
