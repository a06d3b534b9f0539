import { type ReactNode, useEffect } from "react";
import { text } from "@/strings";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** Shown in the place of the title when it is more than a text. */
  heading?: ReactNode;
  aside?: ReactNode;
  /** The page fills the window and scrolls inside. */
  full?: boolean;
  children: ReactNode;
}

/** The frame of one page: its title (also the window's), what can be done, its content. */
export function Page({ title, heading, aside, full = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${text.product}`;
  }, [title]);
  return (
    <div className={full ? classes.full : classes.page}>
      <div className={classes.head}>
        <h1 className="clip">{heading ?? title}</h1>
        {aside !== undefined && <div className={classes.aside}>{aside}</div>}
      </div>
      {children}
    </div>
  );
}
