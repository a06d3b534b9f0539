import type { JudgeReport } from "@/api/schema";
import { Moment } from "@/components/figures";
import { exactNumber, finite, MISSING } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import { Between, Figure, measureCells, measureHeads } from "./measures";
import { ReportTable } from "./report-table";

const t = text.report;

/** Drift: each version of the judge, and what changed from one to the next. */
export function Versions({ judge, of }: { judge: JudgeReport; of: string }) {
  const distances = judge.versions.some(({ distance }) => distance !== null);
  return (
    <>
      <ReportTable
        title={t.drift}
        of={of}
        heads={[
          { label: t.judgeVersion },
          { label: t.ratings, numeric: true },
          ...measureHeads(t.agreesWithPeople),
          ...(distances ? [{ label: t.distance, numeric: true }] : []),
          { label: t.mean, numeric: true },
          { label: t.used },
        ]}
        rows={judge.versions.map((each) => ({
          key: String(each.version),
          cells: [
            <code key="v">{each.version?.slice(0, 12) ?? t.noVersion}</code>,
            exactNumber(each.ratings),
            ...measureCells({
              value: each.agreement,
              interval: each.agreement_interval,
              n: each.compared,
              ends: [0, 1],
            }),
            ...(distances ? [<Figure key="d" value={each.distance} />] : []),
            <Figure key="m" value={each.mean} />,
            <span key="u">
              <Moment ms={each.first_ms} /> – <Moment ms={each.last_ms} />
            </span>,
          ],
        }))}
      />
      {judge.changes.length > 0 && (
        <ReportTable
          title={t.changes}
          of={of}
          heads={[
            { label: t.change },
            { label: t.shared, numeric: true },
            { label: t.changed, numeric: true },
            { label: t.agreementChange, numeric: true },
            { label: t.interval, numeric: true },
            { label: t.p, numeric: true },
          ]}
          rows={judge.changes.map((each) => ({
            key: `${each.before} ${each.after}`,
            cells: [
              <code key="c">
                {each.before?.slice(0, 12) ?? t.noVersion} → {each.after?.slice(0, 12) ?? t.noVersion}
              </code>,
              exactNumber(each.shared),
              exactNumber(each.changed),
              <Figure key="d" value={each.difference} as="share" />,
              <Between key="i" interval={each.interval} as="share" />,
              pOf(each.p),
            ],
          }))}
        />
      )}
    </>
  );
}

function pOf(p: JudgeReport["changes"][number]["p"]): string {
  const value = finite(p);
  return value === null ? MISSING : short(value);
}
