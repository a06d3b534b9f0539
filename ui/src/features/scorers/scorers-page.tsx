import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { scorersQuery, scorerVersionsQuery } from "@/api/asset-queries";
import type { RegisteredScorer } from "@/api/schema";
import { Content } from "@/components/content";
import { EntityList, wholeOf } from "@/components/entity-list";
import { Facts } from "@/components/facts";
import { Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { ProblemNote } from "@/components/problem-note";
import { RowButton } from "@/components/row-button";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { keyed } from "@/lib/filtertext";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";

const t = text.scorers;
const FROM = "/experiments/$experimentId/scorers";

/** The registered scorers of an experiment; one of them open with all of its versions. */
export function ScorersPage() {
  const { experimentId } = useParams({ from: FROM });
  const { scorer } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const open = (name: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, scorer: name }) });
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={wholeOf(useQuery(scorersQuery(experimentId)))}
      columns={columnsOf(open)}
      keyOf={(each) => each.name}
    >
      {scorer !== undefined && (
        <Details key={scorer} experimentId={experimentId} name={scorer} close={() => open(undefined)} />
      )}
    </EntityList>
  );
}

function columnsOf(open: (name: string) => void): readonly ListColumn<RegisteredScorer>[] {
  return [
    {
      id: "name",
      label: t.columns.name,
      cell: ({ name }) => (
        <RowButton onClick={() => open(name)}>
          <SafeText text={name} />
        </RowButton>
      ),
    },
    { id: "type", label: t.columns.type, cell: ({ definition }) => kindOf(definition) },
    { id: "version", label: t.columns.version, numeric: true, cell: ({ version }) => version },
    { id: "message", label: t.columns.message, cell: ({ message }) => <SafeText text={message} /> },
    {
      id: "created",
      label: t.columns.created,
      cell: ({ created_ms }) => <Moment ms={created_ms} relative />,
    },
    { id: "by", label: t.columns.by, cell: ({ created_by }) => created_by ?? MISSING },
  ];
}

function kindOf(definition: Record<string, unknown>) {
  const kind = definition.kind ?? definition.type;
  return typeof kind === "string" ? <SafeText text={kind} /> : MISSING;
}

interface DetailsProps {
  experimentId: string;
  name: string;
  close: () => void;
}

function Details({ experimentId, name, close }: DetailsProps) {
  const versions = useQuery(scorerVersionsQuery(experimentId, name));
  const filter = `${keyed("feedback", name)} IS NOT NULL`;
  return (
    <SidePanel title={name} heading={<SafeText text={name} />} close={close} place="below">
      {versions.isError && <ProblemNote error={versions.error} />}
      {versions.isPending && <Skeleton height={160} />}
      <Link to="/experiments/$experimentId/traces" params={{ experimentId }} search={{ filter }}>
        {t.feedback}
      </Link>
      {versions.data?.map((each) => (
        <Part key={each.version} title={t.version(each.version)}>
          <Facts
            facts={[
              [t.columns.created, <Moment key="m" ms={each.created_ms} />],
              [t.columns.by, each.created_by],
              [t.columns.message, each.message === "" ? null : <SafeText key="t" text={each.message} />],
              [t.digest, <code key="d">{each.digest.slice(0, 12)}</code>],
            ]}
          />
          <Content value={each.definition} />
        </Part>
      ))}
    </SidePanel>
  );
}
