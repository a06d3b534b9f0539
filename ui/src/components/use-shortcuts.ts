import { useEffect, useRef } from "react";
import { type Shortcuts, shortcutOf } from "@/lib/shortcuts";

/** Single keys that work anywhere on a page but in fields, menus and dialogs, whatever has the focus.
 *
 * What is in focus comes first: a key that it has used (`preventDefault`) is no shortcut any more.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = shortcutOf(event, event.target instanceof Element ? event.target : null, latest.current);
      if (act === undefined || document.querySelector("[aria-modal='true']") !== null) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
