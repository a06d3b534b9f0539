import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { recordHistoryQuery } from "@/api/asset-queries";
import type { Dataset, DatasetRecord } from "@/api/schema";
import { Content } from "@/components/content";
import { CopyButton } from "@/components/copy-button";
import { Facts } from "@/components/facts";
import { Moment } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { EditRecord } from "./record-form";

const t = text.dataset;

interface RecordPanelProps {
  experimentId: string;
  dataset: Dataset;
  version: string;
  record: DatasetRecord;
  edited: ((recordId: string) => void) | undefined;
  close: () => void;
}

/** One record: what it holds, what it was made from, and how it changed. */
export function RecordPanel({ experimentId, dataset, version, record, edited, close }: RecordPanelProps) {
  const history = useQuery(recordHistoryQuery(dataset.dataset_id, record.record_id));
  const [editing, setEditing] = useState(false);
  const name = record.external_id ?? record.record_id;
  return (
    <SidePanel
      title={name}
      heading={
        <>
          <SafeText text={name} /> <CopyButton label={text.trace.copyId} value={record.record_id} />
        </>
      }
      close={close}
    >
      {edited !== undefined && (
        <Button variant="default" size="compact-sm" mb={8} onClick={() => setEditing(true)}>
          {t.form.edit}
        </Button>
      )}
      {editing && edited !== undefined && (
        <EditRecord
          dataset={dataset}
          recordId={record.record_id}
          version={version}
          saved={edited}
          close={() => setEditing(false)}
        />
      )}
      <Facts
        facts={[
          [t.split, record.split === null ? null : <SafeText key="s" text={record.split} />],
          [t.changed, <Moment key="m" ms={record.updated_ms} />],
          [t.author, record.author],
          [
            t.source,
            record.source === null ? null : <Source key="o" experimentId={experimentId} record={record} />,
          ],
          [
            t.tags,
            Object.keys(record.tags).length === 0 ? null : (
              <SafeText
                key="t"
                text={Object.entries(record.tags)
                  .map(([key, value]) => `${key}=${value}`)
                  .join(", ")}
              />
            ),
          ],
        ]}
      />
      <RecordContent record={record} />
      {history.data !== undefined && history.data.length > 1 && (
        <Part title={t.history}>
          <ul className={classes.revisions}>
            {history.data.map((each) => (
              <li key={each.valid_from}>
                {t.revision(each.valid_from, each.valid_to)} <Moment ms={each.record.updated_ms} />
              </li>
            ))}
          </ul>
        </Part>
      )}
    </SidePanel>
  );
}

export function RecordContent({ record }: { record: DatasetRecord }) {
  return (
    <>
      <Part title={t.inputs}>
        <Content value={record.inputs} />
      </Part>
      {Object.keys(record.expectations).length > 0 && (
        <Part title={t.expectations}>
          <Content value={record.expectations} />
        </Part>
      )}
      {record.outputs !== null && (
        <Part title={t.outputs}>
          <Content value={record.outputs} markdown />
        </Part>
      )}
    </>
  );
}

function Source({ experimentId, record }: { experimentId: string; record: DatasetRecord }) {
  const { source } = record;
  if (source === null) return null;
  const said = source.source_id ?? source.note ?? source.kind;
  if (source.kind === "TRACE" && source.source_id !== null)
    return (
      <Link
        to="/experiments/$experimentId/traces/$traceId"
        params={{ experimentId, traceId: source.source_id }}
        preload={false}
      >
        <SafeText text={source.source_id} />
      </Link>
    );
  return <SafeText text={said} />;
}
