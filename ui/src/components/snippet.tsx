import { text } from "@/strings";
import { CopyButton } from "./copy-button";
import classes from "./snippet.module.css";

/** Code to copy. */
export function Snippet({ code }: { code: string }) {
  return (
    <div className={classes.code}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre className={classes.snippet} tabIndex={0}>
        {code}
      </pre>
      <span className={classes.copy}>
        <CopyButton label={text.common.copy} value={code} />
      </span>
    </div>
  );
}
