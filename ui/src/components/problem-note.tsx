import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Problem } from "@/api/client";
import { text } from "@/strings";
import classes from "./problem-note.module.css";
import { problemText } from "./problem-text";

/** An error in place of what it kept from being shown. */
export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const requestId = error instanceof Problem ? error.requestId : null;
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle size={18} className={classes.icon} aria-hidden />
      <div>
        <strong>{titleOf(error)}</strong>
        <p className={classes.text}>{problemText(error)}</p>
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

function titleOf(error: unknown): string {
  if (error instanceof Problem && error.status === 403) return text.problem.forbidden;
  if (error instanceof Problem && error.status === 404) return text.problem.notFound;
  return text.problem.title;
}
