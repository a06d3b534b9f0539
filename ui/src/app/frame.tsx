import { ActionIcon, Drawer, Kbd, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconLogout, IconMenu2, IconMoon, IconSearch, IconUserCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { call } from "@/api/client";
import { maySomewhere } from "@/api/permissions";
import type { Identity } from "@/api/schema";
import { text } from "@/strings";
import classes from "./frame.module.css";
import { KeysButton } from "./keys-button";
import { Navigation } from "./navigation-list";
import { TimeRangePicker } from "./time-range-picker";

const loadPalette = () => import("./palette");
const Palette = lazy(() => loadPalette().then((module) => ({ default: module.Palette })));
/** By then the page stands; whoever opens the palette later does not wait for it, and no letter is lost. */
const PALETTE_LOADS_MS = 1_500;

/** What surrounds every page: navigation, the time range, the palette, who is signed in. */
export function Frame({ me, children }: { me: Identity; children: ReactNode }) {
  const [menuOpen, menu] = useDisclosure(false);
  const [paletteOpen, palette] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // Who only reviews has nowhere to jump to, and nothing that a time narrows.
  const browses = maySomewhere(me, "experiment.read");
  useHotkeys([["mod+K", () => browses && palette.toggle()]], []);
  useEffect(() => {
    // Where the server is away, it is loaded when it is opened.
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), PALETTE_LOADS_MS);
    return () => clearTimeout(timer);
  }, []);
  const closeMenu = menu.close;
  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page closes the drawer
  useEffect(() => closeMenu(), [path, closeMenu]);
  return (
    <div className={classes.frame}>
      <a href="#main" className={classes.skip}>
        {text.common.skip}
      </a>
      <header className={classes.header}>
        <ActionIcon
          className={classes.burger}
          variant="subtle"
          color="gray"
          aria-label={text.nav.open}
          onClick={menu.open}
        >
          <IconMenu2 size={18} />
        </ActionIcon>
        <Link to="/experiments" className={classes.brand}>
          <Logo /> {text.product}
        </Link>
        {browses && (
          <UnstyledButton className={classes.find} onClick={palette.open}>
            <IconSearch size={14} aria-hidden />
            <span>{text.nav.paletteHint}</span>
            <Kbd size="xs">{shortcut()}</Kbd>
          </UnstyledButton>
        )}
        <div className={classes.tools}>
          {browses && <TimeRangePicker />}
          <KeysButton />
          <ThemeButton />
          <AccountMenu me={me} />
        </div>
      </header>
      <aside className={classes.side}>
        <Navigation />
      </aside>
      <Drawer opened={menuOpen} onClose={menu.close} size={260} title={text.product}>
        <Navigation />
      </Drawer>
      <main id="main" className={classes.main} tabIndex={-1}>
        {children}
      </main>
      <Suspense>{paletteOpen && <Palette close={palette.close} />}</Suspense>
    </div>
  );
}

function shortcut(): string {
  return /mac/i.test(navigator.userAgent) ? "⌘K" : "Ctrl K";
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0c8577" />
      <path
        d="M7 22 13 11l4.500 7L21 12l4 10"
        fill="none"
        stroke="#fff"
        strokeWidth="2.600"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

function ThemeButton() {
  const { toggleColorScheme } = useMantineColorScheme();
  return (
    <Tooltip label={text.nav.theme}>
      <ActionIcon variant="subtle" color="gray" aria-label={text.nav.theme} onClick={toggleColorScheme}>
        <IconMoon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}

function AccountMenu({ me }: { me: Identity }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  if (me.kind !== "account") return null;
  const signOut = async () => {
    await call("sign_out", {});
    client.clear();
    await navigate({ to: "/sign-in" });
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={text.nav.signedIn(me.name)}>
          <IconUserCircle size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{text.nav.signedIn(me.name)}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void signOut()}>
          {text.nav.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
