import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { modelDiffQuery, modelQuery } from "@/api/asset-queries";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { SidePanel } from "@/components/side-panel";
import table from "@/components/table.module.css";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";

const t = text.models;
const PARTS = ["params", "prompts", "git", "metrics", "other"] as const;

/** What two versions do not have the same. */
export function ModelDiff({ left, right, close }: { left: string; right: string; close: () => void }) {
  const found = useQuery(modelDiffQuery(left, right));
  const [one, other] = [useQuery(modelQuery(left)), useQuery(modelQuery(right))];
  const names = [one.data?.name || left, other.data?.name || right] as const;
  const title = t.diff(...names);
  const rows = PARTS.flatMap((part) => (found.data?.[part] ?? []).map((each) => ({ part, ...each })));
  return (
    <SidePanel title={title} heading={<SafeText text={title} />} close={close} place="below">
      {found.isError && <ProblemNote error={found.error} />}
      {found.isPending && <Skeleton height={120} />}
      {found.data !== undefined && rows.length === 0 && <p>{t.same}</p>}
      {rows.length > 0 && (
        <table className={table.table} aria-label={title}>
          <thead>
            <tr>
              <th colSpan={2}>{t.what}</th>
              {names.map((name, at) => (
                <th key={at === 0 ? left : right}>
                  <SafeText text={name} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.part} ${row.name}`}>
                <td className="dim">{t.parts[row.part]}</td>
                <td>
                  <SafeText text={row.name} />
                </td>
                <td>{row.left === null ? MISSING : <SafeText text={row.left} />}</td>
                <td>{row.right === null ? MISSING : <SafeText text={row.right} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </SidePanel>
  );
}
