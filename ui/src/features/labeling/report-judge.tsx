import type {
  Calibration,
  ConfusionMatrix,
  CorrectedRate,
  HumanCeiling,
  JudgeReport,
  LabelSchema,
} from "@/api/schema";
import { Moment } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { exactNumber, finite, MISSING, percent } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { Between, Figure, measureCells, measureHeads } from "./measures";
import { Agreement } from "./report-agreement";

const t = text.report;

interface JudgeCardProps {
  judge: JudgeReport;
  schema: LabelSchema | undefined;
}

/** One judge beside people: what it says where people decided, and how far it can be trusted. */
export function JudgeCard({ judge, schema }: JudgeCardProps) {
  const { confusion, ceiling, calibration, corrected } = judge;
  return (
    <section className={classes.card} aria-label={t.judge(judge.judge)}>
      <h3>
        {t.judge("")}
        <SafeText text={judge.judge} />
      </h3>
      <p className={classes.hint}>
        {t.judgeBasis(exactNumber(judge.judged), exactNumber(judge.compared), exactNumber(judge.undecided))}
      </p>
      {judge.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <SafeText text={warning} />
        </p>
      ))}
      {ceiling !== null && <Ceiling ceiling={ceiling} />}
      {confusion !== null && confusion.n > 0 && <Confusion confusion={confusion} schema={schema} />}
      {judge.agreement !== null && <Agreement agreement={judge.agreement} />}
      {corrected !== null && <Corrected corrected={corrected} />}
      {calibration !== null && calibration.n > 0 && (
        <Calibrated calibration={calibration} of={judge.calibration_of ?? "confidence"} />
      )}
      {judge.versions.length > 1 && <Versions judge={judge} />}
    </section>
  );
}

/** The judge with people, beside people with each other. */
function Ceiling({ ceiling }: { ceiling: HumanCeiling }) {
  const as = ceiling.measure === "agreement" ? "share" : "number";
  const ends = as === "share" ? ([0, 1] as const) : undefined;
  const parts = [
    [t.peopleTogether, ceiling.people, ceiling.people_interval, ends],
    [t.judgeWithPeople, ceiling.judge, ceiling.judge_interval, ends],
    [
      t.difference,
      ceiling.difference,
      ceiling.difference_interval,
      as === "share" ? ([-1, 1] as const) : undefined,
    ],
  ] as const;
  return (
    <>
      <h3>{t.ceiling}</h3>
      <p className={classes.hint}>{t.ceilingHint}</p>
      <RowsTable
        label={t.ceiling}
        heads={[{ label: t.ceilingOf[ceiling.measure] }, ...measureHeads(t.value)]}
        rows={parts.map(([label, value, interval, shown]) => ({
          key: label,
          cells: [label, ...measureCells({ value, interval, n: ceiling.items, as, ends: shown })],
        }))}
      />
    </>
  );
}

function Confusion({ confusion, schema }: { confusion: ConfusionMatrix; schema: LabelSchema | undefined }) {
  const { labels, counts, n, unpaired } = confusion;
  const nameOf = (label: string) => labelOf(schema, label);
  return (
    <>
      <h3>
        {t.confusion}{" "}
        <span className="dim">
          {t.accuracy} <Figure value={confusion.accuracy} as="share" /> (
          <Between interval={confusion.accuracy_interval} as="share" />, {text.common.n(exactNumber(n))})
        </span>
      </h3>
      <p className={classes.hint}>
        {t.confusionHint} {unpaired > 0 && t.unpaired(exactNumber(unpaired))}
      </p>
      <div
        className={`${table.wrap} ${classes.confusion}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        role="region"
        aria-label={t.confusion}
      >
        <table className={table.table} aria-label={t.confusion}>
          <thead>
            <tr>
              <th>{t.people}</th>
              {labels.map((label) => (
                <th key={label} scope="col">
                  <SafeText text={nameOf(label)} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label, row) => (
              <tr key={label}>
                <th scope="row">
                  <SafeText text={nameOf(label)} />
                </th>
                {labels.map((said, column) => (
                  <td key={said} data-num data-hit={row === column || undefined}>
                    {exactNumber(counts[row]?.[column] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>{t.quality}</h3>
      <RowsTable
        label={t.quality}
        heads={[
          { label: t.label },
          { label: t.precision, numeric: true },
          { label: t.interval, numeric: true },
          { label: t.n, numeric: true },
          { label: t.recall, numeric: true },
          { label: t.interval, numeric: true },
          { label: t.n, numeric: true },
        ]}
        rows={confusion.classes.map((each) => ({
          key: each.label,
          cells: [
            <SafeText key="l" text={nameOf(each.label)} />,
            <Figure key="p" value={each.precision} as="share" />,
            <Between key="pi" interval={each.precision_interval} as="share" />,
            exactNumber(each.said),
            <Figure key="r" value={each.recall} as="share" />,
            <Between key="ri" interval={each.recall_interval} as="share" />,
            exactNumber(each.truths),
          ],
        }))}
      />
    </>
  );
}

/** True and false by the words that reviewers saw. */
function labelOf(schema: LabelSchema | undefined, label: string): string {
  if (schema?.input.kind !== "pass_fail") return label;
  if (label === "true") return schema.input.positive_label;
  return label === "false" ? schema.input.negative_label : label;
}

function Corrected({ corrected }: { corrected: CorrectedRate }) {
  const { value, interval, human, human_interval, judge, labelled, unlabelled } = corrected;
  const both = labelled + unlabelled;
  return (
    <>
      <h3>{t.corrected}</h3>
      <p className={classes.hint}>{t.correctedHint}</p>
      <RowsTable
        label={t.corrected}
        heads={[{ label: t.source }, ...measureHeads(t.rate)]}
        rows={[
          {
            key: "value",
            cells: [t.rates.value, ...measureCells({ value, interval, n: both, ends: [0, 1] })],
          },
          {
            key: "human",
            cells: [
              t.rates.human,
              ...measureCells({ value: human, interval: human_interval, n: labelled, ends: [0, 1] }),
            ],
          },
          {
            key: "judge",
            cells: [t.rates.judge, ...measureCells({ value: judge, interval: null, n: both })],
          },
        ]}
      />
    </>
  );
}

/** Stated confidences beside how often they came true: two bars a row, and the numbers of them. */
function Calibrated({ calibration, of }: { calibration: Calibration; of: "confidence" | "score" }) {
  const { brier, brier_interval, ece, bins, n, missing } = calibration;
  return (
    <>
      <h3>
        {t.calibration}{" "}
        <span className="dim">
          {t.brier} <Figure value={brier} /> (<Between interval={brier_interval} />) · {t.ece}{" "}
          <Figure value={ece} /> · {text.common.n(exactNumber(n))}
        </span>
      </h3>
      <p className={classes.hint}>
        {t.calibrationOf[of]} {missing > 0 && t.uncalibrated(exactNumber(missing))}
      </p>
      <RowsTable
        label={t.calibration}
        heads={[{ label: t.bin }, { label: t.confidence, numeric: true }, ...measureHeads(t.right)]}
        rows={bins.map((bin) => ({
          key: String(bin.low),
          cells: [
            `${percent(finite(bin.low) ?? 0)} – ${percent(finite(bin.high) ?? 1)}`,
            <Figure key="c" value={bin.confidence} as="share" />,
            ...measureCells({ value: bin.accuracy, interval: bin.interval, n: bin.n, ends: [0, 1] }),
          ],
        }))}
      />
    </>
  );
}

/** Drift: each version of the judge, and what changed from one to the next. */
function Versions({ judge }: { judge: JudgeReport }) {
  const distances = judge.versions.some(({ distance }) => distance !== null);
  return (
    <>
      <h3>{t.drift}</h3>
      <RowsTable
        label={t.drift}
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
        <>
          <h3>{t.changes}</h3>
          <RowsTable
            label={t.changes}
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
        </>
      )}
    </>
  );
}

function pOf(p: JudgeReport["changes"][number]["p"]): string {
  const value = finite(p);
  return value === null ? MISSING : short(value);
}
