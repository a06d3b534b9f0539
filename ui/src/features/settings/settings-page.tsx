import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { maySomewhere } from "@/api/permissions";
import { meQuery, serverQuery } from "@/api/queries";
import type { Identity } from "@/api/schema";
import { Page } from "@/components/page";
import { text } from "@/strings";
import { AccountsSection } from "./accounts-section";
import { AppearanceSection } from "./appearance-section";
import { AuditSection } from "./audit-section";
import { KeysSection } from "./keys-section";
import { OwnAccountSection } from "./own-account-section";
import { PricesSection } from "./prices-section";
import { ServerSection } from "./server-section";
import classes from "./settings-page.module.css";

const t = text.settings;

interface Section {
  id: string;
  label: string;
  section: ComponentType;
  /** It means nothing on a server that asks nobody to sign in. */
  needsAuth?: boolean;
  /** Whom it is offered to; everybody by default. */
  shownTo?: (me: Identity | undefined) => boolean;
}

const SECTIONS: readonly Section[] = [
  { id: "server", label: t.server, section: ServerSection },
  {
    id: "account",
    label: t.ownAccount,
    section: OwnAccountSection,
    needsAuth: true,
    shownTo: (me) => me?.kind === "account",
  },
  {
    id: "accounts",
    label: t.accounts,
    section: AccountsSection,
    needsAuth: true,
    shownTo: (me) => me?.server_actions.includes("account.manage") ?? false,
  },
  { id: "keys", label: t.keys, section: KeysSection, needsAuth: true },
  { id: "prices", label: t.prices, section: PricesSection },
  { id: "audit", label: t.audit, section: AuditSection, shownTo: (me) => maySomewhere(me, "audit.read") },
  { id: "appearance", label: t.appearance, section: AppearanceSection },
];

/** What holds for the whole server, and for this browser. */
export function SettingsPage() {
  const { section = "server" } = useParams({ strict: false });
  const server = useQuery(serverQuery);
  const me = useQuery(meQuery);
  const chosen = SECTIONS.find((each) => each.id === section) ?? SECTIONS[0];
  const Section = chosen?.section ?? ServerSection;
  const noAccounts = chosen?.needsAuth === true && server.data?.auth === false;
  return (
    <Page title={t.title}>
      <div className={classes.layout}>
        <nav aria-label={t.title} className={classes.nav}>
          {SECTIONS.filter((each) => each === chosen || (each.shownTo?.(me.data) ?? true)).map((each) => (
            <Link
              key={each.id}
              to="/settings/$section"
              params={{ section: each.id }}
              className={classes.item}
              aria-current={each === chosen ? "page" : undefined}
            >
              {each.label}
            </Link>
          ))}
        </nav>
        <div className={classes.section}>
          <h2>{chosen?.label}</h2>
          {noAccounts ? <p className="dim">{t.noAccounts}</p> : me.data !== undefined && <Section />}
        </div>
      </div>
    </Page>
  );
}
