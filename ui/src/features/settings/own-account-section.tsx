import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, setCsrfToken } from "@/api/client";
import { useMay } from "@/api/permissions";
import { experimentsQuery, meQuery } from "@/api/queries";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import classes from "./settings-page.module.css";

const t = text.settings;

/** Who is signed in, with which roles, and how to change one's own password. */
export function OwnAccountSection() {
  const me = useQuery(meQuery).data;
  const experiments = useQuery(experimentsQuery("ACTIVE"));
  const may = useMay();
  if (me === undefined) return null;
  const nameOf = (id: string) =>
    experiments.data?.items.find((each) => each.experiment_id === id)?.name ?? id;
  const roles = Object.entries(me.roles);
  return (
    <>
      <dl className={classes.facts}>
        <dt>{t.account}</dt>
        <dd>
          <SafeText text={me.name} />
        </dd>
        <dt>{t.role}</dt>
        <dd>{me.role ?? t.noRole}</dd>
        {roles.length > 0 && <dt>{t.roles}</dt>}
        {roles.length > 0 && (
          <dd>
            {roles.map(([id, role]) => (
              <div key={id}>
                <SafeText text={t.grantIn(nameOf(id), role)} />
              </div>
            ))}
          </dd>
        )}
      </dl>
      {me.account_id !== null && may("account.edit_own") && (
        <NewPassword accountId={me.account_id} name={me.name} />
      )}
    </>
  );
}

function NewPassword({ accountId, name }: { accountId: string; name: string }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const client = useQueryClient();
  const differ = again !== "" && again !== next;
  const change = useMutation({
    meta: { shown: true },
    // A new password ends every login of the account, this one too.
    mutationFn: async () => {
      await call("set_account_password", { account_id: accountId }, { body: { old, new: next } });
      return call("sign_in", {}, { body: { name, password: next } });
    },
    onSuccess: (me) => {
      setCsrfToken(me.csrf_token);
      client.setQueryData(meQuery.queryKey, me);
      for (const clear of [setOld, setNext, setAgain]) clear("");
      showToast(t.passwordChanged);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (next === again) change.mutate();
  };
  const fields = [
    { label: t.oldPassword, value: old, set: setOld, complete: "current-password" },
    { label: t.newPassword, value: next, set: setNext, complete: "new-password" },
    { label: t.againPassword, value: again, set: setAgain, complete: "new-password" },
  ];
  return (
    <form className={classes.form} onSubmit={submit} aria-label={t.changePassword}>
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      {fields.map(({ label, value, set, complete }) => (
        <PasswordInput
          key={label}
          label={label}
          w={180}
          required
          autoComplete={complete}
          value={value}
          error={label === t.againPassword && differ ? t.passwordsDiffer : undefined}
          onChange={(event) => set(event.currentTarget.value)}
        />
      ))}
      <Button type="submit" loading={change.isPending} disabled={old === "" || next === "" || next !== again}>
        {t.changePassword}
      </Button>
      <p className={`${classes.wide} dim`}>{t.passwordHint}</p>
      {change.isError && <ProblemNote error={change.error} />}
    </form>
  );
}
