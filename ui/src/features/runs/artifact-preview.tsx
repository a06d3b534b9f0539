import { ActionIcon, SegmentedControl, Skeleton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { artifactQuery, MOST_IMAGE_BYTES, MOST_TEXT_BYTES } from "@/api/evaluation-queries";
import { Content } from "@/components/content";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { MOST_TABLE_COLUMNS, MOST_TABLE_ROWS, previewOf } from "@/lib/filepreview";
import { exactNumber, bytes as shownBytes } from "@/lib/format";
import { text } from "@/strings";
import classes from "./artifact-preview.module.css";

const t = text.runs;

interface ArtifactPreviewProps {
  runId: string;
  /** From the run's folder. */
  path: string;
  close: () => void;
}

/** A file as far as it can be shown: a picture, a table, JSON or text. What it holds is a stranger's: pictures are of
 * raster formats alone, and nothing else is more than text. */
export function ArtifactPreview({ runId, path, close }: ArtifactPreviewProps) {
  const found = useQuery(artifactQuery(runId, path));
  // It opens below a list that may be long: out of sight it would seem that nothing happened.
  const place = useRef<HTMLElement>(null);
  const known = found.data !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another file, and the height that its content has
  useEffect(() => {
    place.current?.scrollIntoView({ block: "nearest" }); // newer browsers answer with a promise
  }, [path, known]);
  const name = path.split("/").at(-1) ?? path;
  return (
    <section ref={place} className={classes.preview} aria-label={t.preview(name)}>
      <header className={classes.head}>
        <h4 className="clip">
          <SafeText text={name} />
        </h4>
        <ActionIcon variant="subtle" color="gray" aria-label={t.closePreview} onClick={close}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={120} />}
      {found.data !== undefined && <Shown name={name} bytes={found.data.bytes} whole={found.data.whole} />}
    </section>
  );
}

interface ShownProps {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  whole: boolean;
}

function Shown({ name, bytes, whole }: ShownProps) {
  const preview = useMemo(() => previewOf(name, bytes, whole), [name, bytes, whole]);
  if (bytes.length === 0) return <p className="dim">{t.emptyFile}</p>;
  if (preview.kind === "none") return <p className="dim">{t.notShown}</p>;
  if (preview.kind === "image")
    return whole ? (
      <Picture name={name} type={preview.type} bytes={bytes} />
    ) : (
      <p className="dim">{t.tooLarge(shownBytes(MOST_IMAGE_BYTES))}</p>
    );
  if (preview.kind !== "table")
    return <Text text={preview.text} markdown={preview.kind === "markdown"} whole={whole} />;
  const cut = !whole && <p className="dim">{t.cut(shownBytes(MOST_TEXT_BYTES))}</p>;
  const [head = [], ...rows] = preview.rows;
  const full = preview.rows.length >= MOST_TABLE_ROWS || head.length >= MOST_TABLE_COLUMNS;
  return (
    <>
      {full ? <p className="dim">{t.cutTable(MOST_TABLE_ROWS, MOST_TABLE_COLUMNS)}</p> : cut}
      <RowsTable
        label={t.rowsOf(name)}
        heads={head.map((label) => ({ label }))}
        rows={rows.map((row, at) => ({
          key: String(at),
          // biome-ignore lint/suspicious/noArrayIndexKey: cells have no identity but their place
          cells: row.map((cell, column) => <SafeText key={column} text={cell} />),
        }))}
      />
    </>
  );
}

/** A text as it is written, or as the Markdown that it is; told where it is not all of the file. */
function Text({ text: written, markdown, whole }: { text: string; markdown: boolean; whole: boolean }) {
  const [raw, setRaw] = useState(false);
  return (
    <>
      {!whole && <p className="dim">{t.cutText(exactNumber(written.length))}</p>}
      {markdown && (
        <SegmentedControl
          size="xs"
          aria-label={t.showAs}
          data={[
            { value: "", label: t.rendered },
            { value: "raw", label: t.raw },
          ]}
          value={raw ? "raw" : ""}
          onChange={(value) => setRaw(value === "raw")}
        />
      )}
      <div className={classes.text}>
        <Content value={written} markdown={markdown && !raw} verbatim={raw} whole={whole} />
      </div>
    </>
  );
}

/** A picture from its bytes, as a data address: the page's policy lets no other content in. */
function Picture({ name, type, bytes }: { name: string; type: string; bytes: Uint8Array<ArrayBuffer> }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const reader = new FileReader();
    reader.onload = () => setAddress(typeof reader.result === "string" ? reader.result : null);
    reader.readAsDataURL(new Blob([bytes], { type }));
    return () => reader.abort();
  }, [bytes, type]);
  return address === null ? (
    <Skeleton height={120} />
  ) : (
    <img className={classes.image} src={address} alt={t.image(name)} />
  );
}
