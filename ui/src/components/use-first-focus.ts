import { type RefObject, useEffect } from "react";

/** Gives an element the focus when it appears and nothing else has it, so that its keys work at once.
 *
 * `data-quiet` stands on it until it loses the focus or a key is pressed: nobody has asked for a ring around it yet.
 */
export function useFirstFocus(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = box.current;
    if (element === null || document.activeElement !== document.body) return;
    const loud = () => element.removeAttribute("data-quiet");
    element.setAttribute("data-quiet", "");
    element.addEventListener("keydown", loud, { once: true });
    element.addEventListener("blur", loud, { once: true });
    element.focus({ preventScroll: true });
    return () => {
      element.removeEventListener("keydown", loud);
      element.removeEventListener("blur", loud);
    };
  }, [box]);
}
