import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { addressOf } from "@/api/client";
import { artifactsQuery } from "@/api/evaluation-queries";
import { ProblemNote } from "@/components/problem-note";
import { RowButton } from "@/components/row-button";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { Part } from "@/components/side-panel";
import { bytes, MISSING } from "@/lib/format";
import { text } from "@/strings";
import { ArtifactPreview } from "./artifact-preview";

const t = text.runs;

/** The files that a run left behind, folder by folder, to be saved or looked at; nothing when there is none. */
export function Artifacts({ runId }: { runId: string }) {
  const [folder, enter] = useState("");
  const [looked, setLooked] = useState<string | null>(null);
  const found = useQuery(artifactsQuery(runId, folder));
  const items = [...(found.data ?? [])].sort(
    (one, other) => Number(one.size_bytes !== null) - Number(other.size_bytes !== null),
  );
  const setFolder = (path: string) => {
    enter(path);
    setLooked(null);
  };
  if (folder === "" && items.length === 0 && !found.isError) return null;
  const within = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  const rows = items.map(({ name, size_bytes: size }) => ({
    key: name,
    cells: [
      size === null ? (
        <RowButton key="n" onClick={() => setFolder(within(name))}>
          <SafeText text={`${name}/`} />
        </RowButton>
      ) : (
        <a key="n" href={addressOf("get_artifact", { run_id: runId, path: within(name) })} download={name}>
          <SafeText text={name} />
        </a>
      ),
      size === null ? MISSING : bytes(size),
      size === null ? null : (
        <Button
          key="l"
          size="compact-xs"
          variant="default"
          aria-label={t.lookAt(name)}
          aria-expanded={looked === within(name)}
          onClick={() => setLooked(looked === within(name) ? null : within(name))}
        >
          {t.look}
        </Button>
      ),
    ],
  }));
  if (folder !== "")
    rows.unshift({
      key: "/",
      cells: [
        <RowButton key="n" onClick={() => setFolder(folder.split("/").slice(0, -1).join("/"))}>
          {t.above}
        </RowButton>,
        MISSING,
        null,
      ],
    });
  return (
    <Part title={t.artifacts}>
      {folder !== "" && (
        <p className="dim">
          <SafeText text={folder} />
        </p>
      )}
      {found.isError && <ProblemNote error={found.error} />}
      <RowsTable
        label={t.artifacts}
        heads={[{ label: t.file }, { label: t.size, numeric: true }, { label: t.look, unlabelled: true }]}
        rows={rows}
      />
      {looked !== null && <ArtifactPreview runId={runId} path={looked} close={() => setLooked(null)} />}
    </Part>
  );
}
