import type { LabelingSession, LabelSchema, PanelReport, SchemaReport } from "@/api/schema";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, percent } from "@/lib/format";
import { shownValue } from "@/lib/judgment";
import { shownAnswer } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { Agreement } from "./report-agreement";
import { JudgeCard } from "./report-judge";
import { Raters } from "./report-raters";
import { SpansPart } from "./report-spans";
import { ItemLink } from "./target";

const t = text.report;
const MOST_DIFFERING = 10;

interface SchemaPartProps {
  report: SchemaReport;
  schema: LabelSchema | undefined;
  session: LabelingSession;
  /** What items are about, by their ids. */
  titles: Readonly<Record<string, string>>;
}

/** One schema: how far people agree on it, each beside the others, and judges beside them all. */
export function SchemaPart({ report, schema, session, titles }: SchemaPartProps) {
  const { panel } = report;
  const question = schema?.title || report.name;
  // Two schemas may ask the same; their parts and tables are told apart all the same.
  const asked = session.schemas.filter(({ title }) => title === question).length;
  const of = asked > 1 ? `${question} (${report.name})` : question;
  return (
    <section className={classes.part} aria-label={of}>
      <h2>
        <SafeText text={question} />{" "}
        <span className="dim">
          {question !== report.name && (
            <>
              <SafeText text={report.name} /> ·{" "}
            </>
          )}
          {t.answers(exactNumber(report.answers))}
          {panel !== null && ` · ${t.scale[panel.scale]}`}
          {report.gold > 0 &&
            ` · ${t.gold}: ${t.ofN(exactNumber(report.gold_right), exactNumber(report.gold))}`}
        </span>
      </h2>
      {report.note !== null && (
        <p className={classes.hint}>
          <SafeText text={report.note} />
        </p>
      )}
      {panel !== null && panel.agreement === null && panel.ratings > 0 && (
        <p className={classes.hint}>{t.onePerson}</p>
      )}
      {panel?.agreement != null && <Agreement agreement={panel.agreement} of={of} />}
      {panel !== null && panel.people.length > 1 && <Raters panel={panel} of={of} />}
      {panel !== null && panel.disputed.length > 0 && (
        <Differing panel={panel} of={of} schema={schema} session={session} titles={titles} />
      )}
      {report.spans !== null && <SpansPart spans={report.spans} of={of} session={session} titles={titles} />}
      {report.judges.map((judge) => (
        <JudgeCard key={judge.judge} judge={judge} name={of} schema={schema} />
      ))}
    </section>
  );
}

interface DifferingProps {
  panel: PanelReport;
  of: string;
  schema: LabelSchema | undefined;
  session: LabelingSession;
  titles: Readonly<Record<string, string>>;
}

function Differing({ panel, of, schema, session, titles }: DifferingProps) {
  const shown = panel.disputed.slice(0, MOST_DIFFERING);
  return (
    <>
      <h3>
        {t.differ} <span className="dim">{t.itemsDiffer(shown.length, panel.disputed_items)}</span>
      </h3>
      <RowsTable
        label={t.about(t.differ, of)}
        heads={[{ label: t.item }, { label: t.same, numeric: true }, { label: t.said }]}
        rows={shown.map((each) => ({
          key: each.item,
          cells: [
            <ItemLink key="i" session={session} itemId={each.item} title={titles[each.item]} />,
            percent(finite(each.agreement) ?? 0),
            <SafeText
              key="s"
              text={each.ratings.map(({ rater, value }) => `${rater}: ${said(schema, value)}`).join(" · ")}
            />,
          ],
        }))}
      />
    </>
  );
}

function said(schema: LabelSchema | undefined, value: unknown): string {
  return schema === undefined ? shownValue(value) : shownAnswer(schema, value);
}
