/** Which key presses are shortcuts: those that nothing in focus has a use of its own for. */

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  defaultPrevented: boolean;
}

export type Shortcuts = Readonly<Record<string, () => void>>;

const WRITES =
  "input:not([type='checkbox'], [type='radio'], [type='button'], [type='submit']), textarea, select";
const ABOVE = "[role='dialog'], [role='menu'], [role='listbox']";
/** Where keys mean something else: fields, and whatever lies above the page. */
const TAKEN = `${WRITES}, [contenteditable='true'], ${ABOVE}`;
/** Fields in which text is selected, and nothing is written. */
const READ_ONLY = "textarea[aria-readonly='true']";
/** The key that lists all the others: the only one there, as the rest would act on what is not looked at. */
const LISTS_KEYS = "?";

/** What a key press stands for; undefined when it is no shortcut, or was pressed where one writes.
 *
 * `within` is the element that had the focus, if any.
 */
export function shortcutOf(
  press: KeyPress,
  within: Pick<Element, "closest"> | null,
  shortcuts: Shortcuts,
): (() => void) | undefined {
  if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return undefined;
  if (within !== null && within.closest(TAKEN) !== null) {
    const lists = press.key === LISTS_KEYS && within.closest(READ_ONLY) !== null;
    if (!lists || within.closest(ABOVE) !== null) return undefined;
  }
  return Object.hasOwn(shortcuts, press.key) ? shortcuts[press.key] : undefined;
}
