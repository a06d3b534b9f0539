import { lazy, Suspense, useMemo, useState } from "react";
import { exactNumber } from "@/lib/format";
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
}

/** Content of a trace, whatever it is: JSON as a tree (also JSON in a text), other texts as Markdown or plain. */
export function Content({ value, markdown = false }: ContentProps) {
  const parsed = useMemo(() => (typeof value === "string" ? jsonOf(value) : value), [value]);
  if (value === null || value === undefined || value === "")
    return <p className="dim">{text.trace.nothing}</p>;
  if (typeof parsed !== "string") return <JsonView value={parsed} />;
  return <LongText source={parsed} markdown={markdown} />;
}

function LongText({ source, markdown }: { source: string; markdown: boolean }) {
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
          {text.trace.showAll(exactNumber(source.length))}
        </button>
      )}
    </>
  );
}

/** The object or list that a text holds as JSON, or the text itself. */
function jsonOf(source: string): unknown {
  if (!/^\s*[[{]/.test(source)) return source;
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return source;
  }
}
