import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { issueQuery } from "@/api/issue-queries";
import { SafeText } from "@/components/safe-text";

/** The ids of issues; a judgment may refer to something by another name, of which nothing more is known. */
const ISSUE_ID = /^iss-[0-9a-f]{32}$/;

interface IssueLinkProps {
  experimentId: string;
  issueId: string;
  /** What it was called when the judgment was made: shown until its name of today is known. */
  called?: string;
}

/** The issue that a judgment refers to, by its name, and the way to it. */
export function IssueLink({ experimentId, issueId, called = issueId }: IssueLinkProps) {
  const known = ISSUE_ID.test(issueId);
  const found = useQuery({ ...issueQuery(issueId), enabled: known });
  if (!known || found.isError) return <SafeText text={called} />;
  return (
    <Link
      to="/experiments/$experimentId/issues"
      params={{ experimentId }}
      search={{ issue: issueId }}
      preload={false}
    >
      <SafeText text={found.data?.issue.name ?? called} />
    </Link>
  );
}
