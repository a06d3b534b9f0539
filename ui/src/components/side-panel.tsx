import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef } from "react";
import { shortcutOf } from "@/lib/shortcuts";
import { text } from "@/strings";
import classes from "./side-panel.module.css";

interface SidePanelProps {
  title: string;
  heading?: ReactNode;
  close: () => void;
  /** "wide" takes more than half of the window, for what stands side by side; "below" stands under its list. */
  place?: "wide" | "below";
  children: ReactNode;
}

/** Details of one row beside its list, which stays in use; Escape closes it. */
export function SidePanel({ title, heading, close, place, children }: SidePanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Below a long list it would open out of sight.
    if (place === "below") panel.current?.scrollIntoView({ block: "start" });
  }, [place]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const within = event.target instanceof Element ? event.target : null;
      const act = shortcutOf(event, within, { Escape: close });
      // What lies above the page closes first.
      if (act !== undefined && document.querySelector("[aria-modal='true']") === null) act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [close]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <aside ref={panel} className={classes.panel} data-place={place} aria-label={title} tabIndex={0}>
      <header className={classes.head}>
        <h2 className="clip">{heading ?? title}</h2>
        <ActionIcon variant="subtle" color="gray" aria-label={text.common.close} onClick={close}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {children}
    </aside>
  );
}

/** A named part of such details. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.part}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
