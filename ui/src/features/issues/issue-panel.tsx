import { Button, NativeSelect, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Body, call } from "@/api/client";
import { issueQuery } from "@/api/issue-queries";
import { useMayIn } from "@/api/permissions";
import type { Issue } from "@/api/schema";
import { Content } from "@/components/content";
import { Facts } from "@/components/facts";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { ReadOnly } from "@/components/read-only";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { showToast } from "@/components/toast-store";
import { text } from "@/strings";
import { IssueForm } from "./issue-form";
import { IssueTraces } from "./issue-traces";
import classes from "./issues.module.css";
import { SEVERITIES, STATUSES, severityName } from "./severity";

const t = text.issues;
/** One issue: what it is, what became of it, and the traces that show it. */
export function IssuePanel({ issueId, close }: { issueId: string; close: () => void }) {
  const found = useQuery(issueQuery(issueId));
  const name = found.data?.issue.name ?? issueId;
  return (
    <SidePanel title={name} heading={<SafeText text={name} />} close={close} place="below">
      {found.isError && <ProblemNote error={found.error} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data !== undefined && <Loaded issue={found.data.issue} />}
    </SidePanel>
  );
}

/** What an issue says, or the form that says it anew. */
function Said({ issue }: { issue: Issue }) {
  const [editing, edit] = useDisclosure(false);
  const mayChange = useMayIn(issue.experiment_id)("assessment.write");
  if (editing) return <IssueForm issue={issue} close={edit.close} />;
  return (
    <Part title={t.description}>
      <Content value={issue.description} markdown />
      {mayChange && (
        <Button size="compact-xs" variant="subtle" onClick={edit.open}>
          {t.edit}
        </Button>
      )}
    </Part>
  );
}

function Loaded({ issue }: { issue: Issue }) {
  const { experiment_id: experimentId, source_run_id: runId } = issue;
  return (
    <>
      <Standing issue={issue} />
      <Said issue={issue} />
      {issue.root_causes.length > 0 && (
        <Part title={t.causes}>
          <ul className={classes.causes}>
            {issue.root_causes.map((cause, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: causes have no identity but their place
              <li key={place}>
                <SafeText text={cause} />
              </li>
            ))}
          </ul>
        </Part>
      )}
      <div className={classes.facts}>
        <Facts
          facts={[
            [
              t.columns.categories,
              issue.categories.length > 0 ? <SafeText key="g" text={issue.categories.join(", ")} /> : null,
            ],
            [t.columns.created, <Moment key="m" ms={issue.created_ms} />],
            [
              t.changedAt,
              issue.updated_ms === issue.created_ms ? null : <Moment key="c" ms={issue.updated_ms} />,
            ],
            [t.columns.by, issue.created_by === null ? null : <SafeText key="b" text={issue.created_by} />],
            [
              t.foundBy,
              runId === null ? null : (
                <Link
                  key="r"
                  to="/experiments/$experimentId/runs"
                  params={{ experimentId }}
                  search={{ run: runId }}
                  preload={false}
                >
                  {t.theRun}
                </Link>
              ),
            ],
            [t.id, <code key="i">{issue.issue_id}</code>],
          ]}
        />
      </div>
      <IssueTraces issue={issue} />
    </>
  );
}

/** What became of an issue and how severe it is; to be changed here by those who may. */
function Standing({ issue }: { issue: Issue }) {
  const client = useQueryClient();
  const mayChange = useMayIn(issue.experiment_id)("assessment.write");
  const put = useMutation({
    mutationFn: (change: Body<"update_issue">) =>
      call("update_issue", { issue_id: issue.issue_id }, { body: change }),
    onSuccess: async (changed, change) => {
      await Promise.all(["issue", "issues"].map((key) => client.invalidateQueries({ queryKey: [key] })));
      showToast(
        change.status === undefined
          ? t.severityChanged(changed.name, severityName(changed.severity))
          : t.changed(changed.name, t.statuses[changed.status]),
      );
    },
  });
  if (!mayChange)
    return (
      <>
        <Facts
          facts={[
            [t.columns.status, t.statuses[issue.status]],
            [t.columns.severity, severityName(issue.severity)],
          ]}
        />
        <p>
          <ReadOnly experimentId={issue.experiment_id} />
        </p>
      </>
    );
  const severities = SEVERITIES.map((each) => ({ value: each as string, label: t.severities[each] }));
  return (
    <div className={classes.standing}>
      <NativeSelect
        label={t.columns.status}
        disabled={put.isPending}
        data={STATUSES.map((each) => ({ value: each, label: t.statuses[each] }))}
        value={issue.status}
        onChange={(event) => put.mutate({ status: event.currentTarget.value as Issue["status"] })}
      />
      <NativeSelect
        label={t.columns.severity}
        disabled={put.isPending}
        // What was said once can be said anew, but not taken back.
        data={issue.severity === null ? [{ value: "", label: t.noSeverity }, ...severities] : severities}
        value={issue.severity ?? ""}
        onChange={(event) => put.mutate({ severity: event.currentTarget.value as Issue["severity"] })}
      />
    </div>
  );
}
