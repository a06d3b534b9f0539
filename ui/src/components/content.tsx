import { lazy, Suspense, useMemo, useState } from "react";
import { exactNumber } from "@/lib/format";
import { parseJson } from "@/lib/jsonnumbers";
import { text } from "@/strings";
import classes from "./content.module.css";
import { JsonView } from "./json-view";
import { SafeText } from "./safe-text";

const Markdown = lazy(() => import("./markdown"));
const MOST = 6_000;

interface ContentProps {
  value: unknown;
  /** Texts are Markdown, unless the reader asked for plain ones. */
  markdown?: boolean;
  /** A text is shown as it is written, even if it is JSON. */
  verbatim?: boolean;
  /** False when it is the beginning of something longer, which is not at hand. */
  whole?: boolean;
}

/** Content of a trace, whatever it is: JSON as a tree (also JSON in a text), other texts as Markdown or plain. */
export function Content({ value, markdown = false, verbatim = false, whole = true }: ContentProps) {
  const parsed = useMemo(
    () => (typeof value === "string" && !verbatim ? jsonOf(value) : value),
    [value, verbatim],
  );
  if (value === null || value === undefined || value === "")
    return <p className="dim">{text.trace.nothing}</p>;
  if (typeof parsed !== "string") return <JsonView value={parsed} />;
  return <LongText source={parsed} markdown={markdown} whole={whole} />;
}

function LongText({ source, markdown, whole }: { source: string; markdown: boolean; whole: boolean }) {
  const [all, setAll] = useState(false);
  const cut = !all && source.length > MOST;
  const shown = cut ? source.slice(0, MOST) : source;
  const plain = (
    <div className={classes.plain}>
      <SafeText text={shown} />
    </div>
  );
  return (
    <>
      {markdown && !all ? (
        <Suspense fallback={plain}>
          <Markdown source={shown} />
        </Suspense>
      ) : (
        plain
      )}
      {cut && (
        <button type="button" className={classes.more} onClick={() => setAll(true)}>
          {(whole ? text.trace.showAll : text.trace.showRead)(exactNumber(source.length))}
        </button>
      )}
    </>
  );
}

/** The object or list that a text holds as JSON, or the text itself. */
function jsonOf(source: string): unknown {
  if (!/^\s*[[{]/.test(source)) return source;
  try {
    return parseJson(source);
  } catch {
    return source;
  }
}
