import type {
  Calibration,
  ConfusionMatrix,
  CorrectedRate,
  HumanCeiling,
  JudgeReport,
  LabelSchema,
} from "@/api/schema";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { exactNumber, finite, percent } from "@/lib/format";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { Between, Figure, measureCells, measureHeads } from "./measures";
import { Agreement } from "./report-agreement";
import { Versions } from "./report-drift";
import { ReportTable } from "./report-table";

const t = text.report;

interface JudgeCardProps {
  judge: JudgeReport;
  /** What it judged. */
  name: string;
  schema: LabelSchema | undefined;
}

/** One judge beside people: what it says where people decided, and how far it can be trusted. */
export function JudgeCard({ judge, name, schema }: JudgeCardProps) {
  const { confusion, ceiling, calibration, corrected } = judge;
  const of = `${name}, ${judge.judge}`;
  return (
    <section className={classes.card} aria-label={t.about(t.judges, of)}>
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
      {ceiling !== null && <Ceiling ceiling={ceiling} of={of} />}
      {confusion !== null && confusion.n > 0 && <Confusion confusion={confusion} of={of} schema={schema} />}
      {judge.agreement !== null && <Agreement agreement={judge.agreement} of={of} />}
      {corrected !== null && <Corrected corrected={corrected} of={of} />}
      {calibration !== null && calibration.n > 0 && (
        <Calibrated calibration={calibration} what={judge.calibration_of ?? "confidence"} of={of} />
      )}
      {judge.versions.length > 1 && <Versions judge={judge} of={of} />}
    </section>
  );
}

/** The judge with people, beside people with each other. */
function Ceiling({ ceiling, of }: { ceiling: HumanCeiling; of: string }) {
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
        label={t.about(t.ceiling, of)}
        heads={[{ label: t.ceilingOf[ceiling.measure] }, ...measureHeads(t.value)]}
        rows={parts.map(([label, value, interval, shown]) => ({
          key: label,
          cells: [label, ...measureCells({ value, interval, n: ceiling.items, as, ends: shown })],
        }))}
      />
    </>
  );
}

interface ConfusionProps {
  confusion: ConfusionMatrix;
  of: string;
  schema: LabelSchema | undefined;
}

function Confusion({ confusion, of, schema }: ConfusionProps) {
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
        aria-label={t.about(t.confusion, of)}
      >
        <table className={table.table} aria-label={t.about(t.confusion, of)}>
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
      <ReportTable
        title={t.quality}
        of={of}
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

function Corrected({ corrected, of }: { corrected: CorrectedRate; of: string }) {
  const { value, interval, human, human_interval, judge, labelled, unlabelled } = corrected;
  const both = labelled + unlabelled;
  return (
    <>
      <h3>{t.corrected}</h3>
      <p className={classes.hint}>{t.correctedHint}</p>
      <RowsTable
        label={t.about(t.corrected, of)}
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

interface CalibratedProps {
  calibration: Calibration;
  what: "confidence" | "score";
  of: string;
}

/** Stated confidences beside how often they came true. */
function Calibrated({ calibration, what, of }: CalibratedProps) {
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
        {t.calibrationOf[what]} {missing > 0 && t.uncalibrated(exactNumber(missing))}
      </p>
      <RowsTable
        label={t.about(t.calibration, of)}
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
