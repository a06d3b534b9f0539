import { Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { recordQuery } from "@/api/evaluation-queries";
import { useMayIn } from "@/api/permissions";
import type { Dataset, DatasetRecord, NearDuplicateGroup } from "@/api/schema";
import { Content } from "@/components/content";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { wordDiff } from "@/lib/textdiff";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { RemoveRecord } from "./remove-record";

const t = text.dataset.alike;
/** Records of a group that are shown beside each other. */
const MOST = 20;
const MOST_TEXT = 20_000;

interface AlikePanelProps {
  dataset: Dataset;
  version: string;
  group: NearDuplicateGroup;
  close: () => void;
  /** A record was removed: what to look at then. */
  onRemoved: (recordId: string, version: "draft" | undefined) => void;
}

/** The records of a group: the first one as it is, of each other one what it says otherwise. */
export function AlikePanel({ dataset, version, group, close, onRemoved }: AlikePanelProps) {
  const ids = group.record_ids.slice(0, MOST);
  const found = useQueries({ queries: ids.map((id) => recordQuery(dataset.dataset_id, id, version)) });
  const all = group.record_ids.length;
  const first = found[0]?.data;
  const mayWrite = useMayIn(dataset.experiment_id)("dataset.write");
  const removes = mayWrite && (version === "draft" || version === String(dataset.latest_version));
  return (
    <SidePanel title={group.exact ? t.sameGroup(all) : t.group(all)} close={close} place="wide">
      {all > MOST && <p className="dim">{t.more(MOST, all)}</p>}
      {mayWrite && !removes && <p className="dim">{t.older}</p>}
      {ids.map((id, at) => {
        const { data, isError, error } = found[at] ?? {};
        return (
          <Part key={id} title={at === 0 ? t.first : `${at + 1}`}>
            {isError && <ProblemNote error={error} />}
            {data === undefined || first === undefined ? (
              !isError && <Skeleton height={48} />
            ) : (
              <>
                <div className={classes.record}>
                  <RecordLink dataset={dataset} version={version} record={data} />
                  {removes && (
                    <RemoveRecord
                      dataset={dataset}
                      version={version}
                      record={data}
                      first={first}
                      done={(next) => onRemoved(id, next)}
                    />
                  )}
                </div>
                {at === 0 ? <First record={data} /> : <Beside first={first} record={data} />}
              </>
            )}
          </Part>
        );
      })}
    </SidePanel>
  );
}

function RecordLink({
  dataset,
  version,
  record,
}: Pick<AlikePanelProps, "dataset" | "version"> & RecordProps) {
  return (
    <Link
      to="/experiments/$experimentId/datasets/$datasetId"
      params={{ experimentId: dataset.experiment_id, datasetId: dataset.dataset_id }}
      search={{ version, record: record.record_id }}
      title={t.open}
    >
      <SafeText text={record.external_id ?? record.record_id} />
    </Link>
  );
}

interface RecordProps {
  record: DatasetRecord;
}

function First({ record }: RecordProps) {
  return (
    <>
      <div className={classes.said}>
        <SafeText text={inputsText(record)} />
      </div>
      <Expectations record={record} said={t.expects} />
    </>
  );
}

function Beside({ first, record }: RecordProps & { first: DatasetRecord }) {
  const [before, after] = [inputsText(first), inputsText(record)];
  const other = JSON.stringify(first.expectations) !== JSON.stringify(record.expectations);
  const caseOnly = before !== after && before.toLowerCase() === after.toLowerCase();
  return (
    <>
      {caseOnly && <p className="dim">{t.caseOnly}</p>}
      {before === after ? (
        <p className="dim">{t.asFirst}</p>
      ) : (
        <div className={classes.said}>
          {wordDiff(before, after).map(({ kind, text: words }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
            <span key={at} className={classes.words} data-kind={kind}>
              {kind !== "same" && (
                <span className="visually-hidden">{kind === "added" ? t.added : t.gone}: </span>
              )}
              <SafeText text={words} />
            </span>
          ))}
        </div>
      )}
      <Expectations record={record} said={other ? t.other : t.expectsSame} other={other} />
    </>
  );
}

/** What a record expects; nothing where it expects nothing, unless the first one does. */
function Expectations({ record, said, other = false }: RecordProps & { said: string; other?: boolean }) {
  if (Object.keys(record.expectations).length === 0 && !other) return null;
  return (
    <>
      <p className={other ? classes.other : classes.expects}>{said}</p>
      <Content value={record.expectations} />
    </>
  );
}

/** A record's inputs as one text: of a single text that text, else JSON, each key in its place whoever wrote it. */
function inputsText({ inputs }: DatasetRecord): string {
  const [only, ...others] = Object.values(inputs);
  if (typeof only === "string" && others.length === 0) return only.slice(0, MOST_TEXT);
  const ordered = Object.fromEntries(Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(ordered, null, 2).slice(0, MOST_TEXT);
}
