import { Alert, Anchor, Button, Divider, PasswordInput, TextInput } from "@mantine/core";
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
  const me = useQuery(meQuery).data;
  const needsSetUp = me?.needs_set_up ?? false;
  const provider = me?.sign_in_with ?? null;
  const [settingUp, setSettingUp] = useState(needsSetUp);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [token, setToken] = useState("");
  const client = useQueryClient();
  const router = useRouter();
  const { back, error } = useSearch({ from: "/sign-in" });
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
        {error !== undefined && !enter.isError && (
          <Alert color="red" variant="light" role="alert">
            {refusalText(error)}
          </Alert>
        )}
        {provider !== null && !settingUp && (
          <>
            <Button component="a" href={singleSignOn(ownPath(back))} size="sm">
              {text.login.with(provider)}
            </Button>
            <Divider label={<span className="dim">{text.login.orPassword}</span>} />
          </>
        )}
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
          autoFocus={provider === null}
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
        <Button
          type="submit"
          size="sm"
          variant={provider === null || settingUp ? "filled" : "default"}
          loading={enter.isPending}
        >
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

/** The address that leads to the provider of single sign-on, and from there to a path of this page. */
function singleSignOn(to: string): string {
  return `/api/v1/login/oidc?${new URLSearchParams({ to })}`;
}

/** Why single sign-on let nobody in. The code is of the address, which anybody can write, so no word of it is shown. */
export function refusalText(code: string): string {
  const texts: Readonly<Record<string, string>> = text.login.refusals;
  return (Object.hasOwn(texts, code) ? texts[code] : undefined) ?? text.login.refused;
}

/** Where to go after signing in: a path of this page and nowhere else. */
export function ownPath(back: string | undefined): string {
  return back !== undefined && /^\/(?![/\\])/.test(back) && !back.startsWith("/sign-in")
    ? back
    : "/experiments";
}
