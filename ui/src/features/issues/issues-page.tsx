import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { issuesQuery } from "@/api/issue-queries";
import type { CountedIssue } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { RowButton } from "@/components/row-button";
import { SafeText } from "@/components/safe-text";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import { IssuePanel } from "./issue-panel";
import classes from "./issues.module.css";
import { NewIssue } from "./new-issue";
import { SEVERITIES, STATUSES, severityName } from "./severity";

const t = text.issues;
const FROM = "/experiments/$experimentId/issues";
const MOST_CATEGORIES = 3;

/** The issues of an experiment, those in a state or of a severity where asked; one of them open below. */
export function IssuesPage() {
  const { experimentId } = useParams({ from: FROM });
  const { status = "", severity = "", issue } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const change = (next: { status?: string; severity?: string; issue?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  const chosen = {
    status: STATUSES.find((each) => each === status) ?? null,
    severity: SEVERITIES.find((each) => each === severity) ?? null,
  };
  const found = useInfiniteQuery(issuesQuery({ experiment: experimentId, ...chosen }));
  const open = (id: string) => change({ issue: id === issue ? undefined : id });
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      aside={
        <>
          <NativeSelect
            aria-label={t.showStatus}
            data={[
              { value: "", label: t.anyStatus },
              ...STATUSES.map((each) => ({ value: each, label: t.statuses[each] })),
            ]}
            value={chosen.status ?? ""}
            onChange={(event) => change({ status: event.currentTarget.value || undefined })}
          />
          <NativeSelect
            aria-label={t.showSeverity}
            data={[
              { value: "", label: t.anySeverity },
              ...SEVERITIES.map((each) => ({ value: each, label: t.severities[each] })),
            ]}
            value={chosen.severity ?? ""}
            onChange={(event) => change({ severity: event.currentTarget.value || undefined })}
          />
          <NewIssue experimentId={experimentId} made={(made) => change({ issue: made.issue_id })} />
        </>
      }
      narrowed={chosen.status !== null || chosen.severity !== null}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found)}
      columns={columnsOf(open, issue)}
      keyOf={(each) => each.issue.issue_id}
    >
      {issue !== undefined && (
        <IssuePanel key={issue} issueId={issue} close={() => change({ issue: undefined })} />
      )}
    </EntityList>
  );
}

function columnsOf(open: (id: string) => void, opened: string | undefined): ListColumn<CountedIssue>[] {
  return [
    {
      id: "name",
      label: t.columns.name,
      cell: ({ issue }) => (
        <RowButton opened={issue.issue_id === opened} onClick={() => open(issue.issue_id)}>
          <SafeText text={issue.name} />
        </RowButton>
      ),
    },
    {
      id: "status",
      label: t.columns.status,
      cell: ({ issue }) => (
        <span className={issue.status === "pending" ? classes.open : "dim"}>{t.statuses[issue.status]}</span>
      ),
    },
    {
      id: "severity",
      label: t.columns.severity,
      cell: ({ issue }) => (
        <span className={issue.severity === "high" ? classes.high : undefined}>
          {issue.severity === null ? MISSING : severityName(issue.severity)}
        </span>
      ),
    },
    {
      id: "traces",
      label: t.columns.traces,
      numeric: true,
      cell: ({ trace_count }) => <Count value={trace_count} />,
    },
    {
      id: "categories",
      label: t.columns.categories,
      cell: ({ issue }) => <Categories categories={issue.categories} />,
    },
    {
      id: "created",
      label: t.columns.created,
      cell: ({ issue }) => <Moment ms={issue.created_ms} relative />,
    },
    {
      id: "by",
      label: t.columns.by,
      cell: ({ issue }) => (issue.created_by === null ? MISSING : <SafeText text={issue.created_by} />),
    },
  ];
}

function Categories({ categories }: { categories: readonly string[] }) {
  if (categories.length === 0) return MISSING;
  const more = categories.length - MOST_CATEGORIES;
  return (
    <>
      <SafeText text={categories.slice(0, MOST_CATEGORIES).join(", ")} />
      {more > 0 && <span className="dim"> {text.common.moreOf(String(more))}</span>}
    </>
  );
}
