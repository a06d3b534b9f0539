import { IconAlertCircleFilled } from "@tabler/icons-react";
import type { Span } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import classes from "./span-errors.module.css";

interface Failure {
  type: string;
  message: string;
  stack: string;
}

/** Why a span failed: its status message and the exceptions it recorded, with their stacks. */
export function SpanErrors({ span }: { span: Span }) {
  const failures = failuresOf(span);
  if (failures.length === 0) return null;
  return (
    <div className={classes.errors}>
      {failures.map((failure, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: failures have no identity but their place
        <div key={index} className={classes.error}>
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
      ))}
    </div>
  );
}

/** The failures of a span, each once: a status message that an exception repeats is left out. */
export function failuresOf(span: Span): Failure[] {
  const found: Failure[] = [];
  for (const event of span.events) {
    if (event.name !== "exception") continue;
    const text = (name: string) => {
      const value = event.attributes[`exception.${name}`];
      return typeof value === "string" ? value : "";
    };
    const failure = { type: text("type"), message: text("message"), stack: text("stacktrace") };
    if (!found.some((other) => other.type === failure.type && other.message === failure.message))
      found.push(failure);
  }
  const status = span.status_message;
  const repeated = found.some(
    ({ type, message }) => status.includes(message) && (message !== "" || status.includes(type)),
  );
  if (span.status === "ERROR" && !repeated && (status !== "" || found.length === 0))
    found.unshift({ type: "", message: status, stack: "" });
  return found;
}
