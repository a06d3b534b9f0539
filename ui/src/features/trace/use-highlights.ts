import { type RefObject, useEffect } from "react";
import { placesOf } from "@/lib/spanfind";

/** The name under which the style sheet colours what was found. */
const NAME = "found";
const MOST_RANGES = 1_000;
const MOST_CHARACTERS = 2_000_000;

/** Marks words in what an element shows, whenever that changes, and brings the first into sight.
 *
 * The marks are the browser's own (CSS custom highlights): the content stays as it is. Browsers without them show none.
 */
export function useHighlights(
  box: RefObject<HTMLElement | null>,
  words: readonly string[],
  shown: string | undefined,
) {
  const joined = words.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: another span shown begins anew, and brings its first mark into sight
  useEffect(() => {
    const root = box.current;
    if (root === null || joined === "" || typeof Highlight === "undefined") return;
    let frame = 0;
    let brought = false;
    const paint = () => {
      frame = 0;
      const ranges = rangesIn(root, joined.split(" "));
      CSS.highlights.set(NAME, new Highlight(...ranges));
      if (brought || ranges[0] === undefined) return;
      brought = true;
      bringIntoSight(root, ranges[0]);
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    const observer = new MutationObserver(soon);
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    soon();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(NAME);
    };
  }, [box, joined, shown]);
}

function rangesIn(root: HTMLElement, words: readonly string[]): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let characters = 0;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.nodeValue ?? "";
    characters += text.length;
    if (characters > MOST_CHARACTERS) break;
    for (const [start, end] of placesOf(text, words)) {
      if (ranges.length === MOST_RANGES) return ranges;
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      ranges.push(range);
    }
  }
  return ranges;
}

/** Scrolls the element itself, where it scrolls, and nothing around it. */
function bringIntoSight(root: HTMLElement, range: Range) {
  const frame = root.getBoundingClientRect();
  const place = range.getBoundingClientRect();
  if (place.top < frame.top || place.bottom > frame.bottom)
    root.scrollTop += place.top - frame.top - root.clientHeight / 3;
}
