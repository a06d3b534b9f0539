import { IconAlertCircleFilled } from "@tabler/icons-react";
import type { Span } from "@/api/schema";
import { type Failure, failuresOf } from "@/lib/failures";
import { text } from "@/strings";
import { CopyButton } from "./copy-button";
import { SafeText } from "./safe-text";
import classes from "./span-errors.module.css";

/** Why a span failed: its status message and the exceptions it recorded, with their stacks. */
export function SpanErrors({ span }: { span: Span }) {
  const failures = failuresOf(span);
  if (failures.length === 0) return null;
  return (
    <div className={classes.errors}>
      {failures.map((failure, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: failures have no identity but their place
        <FailureCard key={index} failure={failure} />
      ))}
    </div>
  );
}

/** One failure: its type, its message, and where it was raised, folded. */
export function FailureCard({ failure }: { failure: Failure }) {
  return (
    <div className={classes.error}>
      <div className={classes.head}>
        <IconAlertCircleFilled size={16} aria-hidden />
        <strong>
          <SafeText text={failure.type || text.trace.tabs.error || ""} />
        </strong>
      </div>
      {failure.message !== "" && (
        <p className={classes.message}>
          <SafeText text={failure.message} />
        </p>
      )}
      {failure.stack !== "" && (
        <details>
          <summary>{text.trace.stack}</summary>
          <CopyButton label={text.common.copy} value={failure.stack} named />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre className={classes.stack} tabIndex={0}>
            <SafeText text={failure.stack} />
          </pre>
        </details>
      )}
    </div>
  );
}
