import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { modelDiffQuery, modelQuery } from "@/api/asset-queries";
import { CopyButton } from "@/components/copy-button";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { SidePanel } from "@/components/side-panel";
import table from "@/components/table.module.css";
import { quote } from "@/lib/filtertext";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import { FigureRows } from "./diff-figures";
import classes from "./models.module.css";

const t = text.models;
const DIGEST = /^[0-9a-f]{32,}$/;
const DIGEST_SHOWN = 12;
const PARTS = ["params", "prompts", "git", "metrics", "other"] as const;

/** What ran with a version, and what became of it. */
const KINDS = ["traces", "evaluations"] as const;

/** What two versions do not have the same, and what the traces of each come to. */
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
      {found.data !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <div className={table.wrap} tabIndex={0} role="region" aria-label={title}>
          <table className={table.table} aria-label={title}>
            <thead>
              <tr>
                <th colSpan={2}>{t.what}</th>
                {names.map((name, at) => (
                  <th key={at === 0 ? left : right} title={at === 0 ? left : right}>
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
                  <td>
                    <Value value={row.left} />
                  </td>
                  <td>
                    <Value value={row.right} />
                  </td>
                </tr>
              ))}
              <FigureRows experimentId={one.data?.experiment_id ?? null} left={left} right={right} />
              {KINDS.map((kind) => (
                <tr key={kind}>
                  <td colSpan={2} className="dim">
                    {text[kind].title}
                  </td>
                  {[one.data, other.data].map((model, at) => (
                    <td key={at === 0 ? left : right}>
                      {model !== undefined && (
                        <Link
                          to={`/experiments/$experimentId/${kind}`}
                          params={{ experimentId: model.experiment_id }}
                          search={{ filter: `model = ${quote(model.model_id)}` }}
                        >
                          {t[kind]}
                        </Link>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </SidePanel>
  );
}

/** A value of a version; a digest is cut, and copied whole. */
function Value({ value }: { value: string | null }) {
  if (value === null) return MISSING;
  if (!DIGEST.test(value)) return <SafeText text={value} />;
  return (
    <span className={classes.version}>
      <code title={value}>{value.slice(0, DIGEST_SHOWN)}…</code>
      <CopyButton label={text.common.copy} value={value} />
    </span>
  );
}
