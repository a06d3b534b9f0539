import { Anchor, Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { call, setCsrfToken } from "@/api/client";
import { meQuery } from "@/api/queries";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";
import classes from "./sign-in-page.module.css";

/** Signing in, and making the first account of a new server. */
export function SignInPage() {
  const needsSetUp = useQuery(meQuery).data?.needs_set_up ?? false;
  const [settingUp, setSettingUp] = useState(needsSetUp);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [token, setToken] = useState("");
  const client = useQueryClient();
  const router = useRouter();
  const { back } = useSearch({ from: "/sign-in" });
  const enter = useMutation({
    mutationFn: async () => {
      if (settingUp) await call("set_up", {}, { body: { token: token.trim(), name, password } });
      return call("sign_in", {}, { body: { name, password } });
    },
    meta: { shown: true },
    onSuccess: (me) => {
      setCsrfToken(me.csrf_token);
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      router.history.replace(ownPath(back));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <main className={classes.page}>
      <form onSubmit={submit} className={classes.card}>
        <h1>{settingUp ? text.login.setUpTitle : `${text.login.title} – ${text.product}`}</h1>
        {settingUp && <p className="dim">{text.login.setUpHint}</p>}
        {settingUp && (
          <TextInput
            label={text.login.token}
            required
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        )}
        <TextInput
          label={text.login.name}
          name="name"
          required
          autoFocus
          autoComplete="username"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={text.login.password}
          name="password"
          required
          autoComplete={settingUp ? "new-password" : "current-password"}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {enter.isError && <ProblemNote error={enter.error} />}
        <Button type="submit" size="sm" loading={enter.isPending}>
          {settingUp ? text.login.setUpSubmit : text.login.submit}
        </Button>
        {needsSetUp && (
          <Anchor component="button" type="button" size="xs" onClick={() => setSettingUp(!settingUp)}>
            {settingUp ? text.login.back : text.login.setUp}
          </Anchor>
        )}
      </form>
    </main>
  );
}

/** Where to go after signing in: a path of this page and nowhere else. */
export function ownPath(back: string | undefined): string {
  return back !== undefined && /^\/(?![/\\])/.test(back) && !back.startsWith("/sign-in")
    ? back
    : "/experiments";
}
