import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Problem } from "@/api/client";
import { text } from "@/strings";
import classes from "./problem-note.module.css";
import { problemText } from "./problem-text";
import { isMissing, WayBack } from "./way-back";

/** An error in place of what it kept from being shown. */
export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const requestId = error instanceof Problem ? error.requestId : null;
  const [sentence, place] = parts(problemText(error));
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle size={18} className={classes.icon} aria-hidden />
      <div>
        <strong>{titleOf(error)}</strong>
        <p className={classes.text}>{sentence}</p>
        {place !== "" && <pre className={classes.place}>{place}</pre>}
        {isMissing(error) && (
          <p className={classes.text}>
            <WayBack problem={error} />
          </p>
        )}
        {requestId !== null && (
          <p className={`${classes.request} dim mono`}>{text.problem.request(requestId)}</p>
        )}
      </div>
      {retry !== undefined && (
        <Button variant="default" onClick={retry}>
          {text.common.retry}
        </Button>
      )}
    </div>
  );
}

/** What is wrong, and below it the text at fault with marks under its place, where the server sent them. */
function parts(message: string): [string, string] {
  const at = message.search(/\n[^\n]*\n\s*\^/);
  return at < 0 ? [message, ""] : [message.slice(0, at), message.slice(at + 1)];
}

function titleOf(error: unknown): string {
  if (error instanceof Problem && error.status === 403) return text.problem.forbidden;
  if (error instanceof Problem && error.status === 404) return text.problem.notFound;
  return text.problem.title;
}
