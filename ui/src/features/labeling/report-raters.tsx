import type { PanelReport } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite } from "@/lib/format";
import { text } from "@/strings";
import { measureCells, measureHeads } from "./measures";
import { ReportTable } from "./report-table";

const t = text.report;

/** Each rater beside the others: how often they agree with most, and where answers are numbers how far they are off. */
export function Raters({ panel, of }: { panel: PanelReport; of: string }) {
  return (
    <>
      <ReportTable
        title={t.raters}
        of={of}
        heads={[{ label: t.reviewer }, { label: t.reviews, numeric: true }, ...measureHeads(t.agreed)]}
        rows={panel.raters.map((each) => ({
          key: each.rater,
          cells: [
            <SafeText key="r" text={each.rater} />,
            exactNumber(each.ratings),
            ...measureCells({
              value: each.agreement,
              interval: each.agreement_interval,
              n: each.compared,
              ends: [0, 1],
            }),
          ],
        }))}
      />
      {panel.raters.some(({ deviation }) => deviation !== null) && <Deviations panel={panel} of={of} />}
    </>
  );
}

function Deviations({ panel, of }: { panel: PanelReport; of: string }) {
  const most = Math.max(
    0,
    ...panel.raters.flatMap(({ deviation, deviation_interval: interval }) =>
      [deviation, interval?.low, interval?.high].map((each) => Math.abs(finite(each) ?? 0)),
    ),
  );
  return (
    <ReportTable
      title={t.deviations}
      of={of}
      heads={[{ label: t.reviewer }, ...measureHeads(t.deviation, t.deviationHint)]}
      rows={panel.raters.map((each) => ({
        key: each.rater,
        cells: [
          <SafeText key="r" text={each.rater} />,
          ...measureCells({
            value: each.deviation,
            interval: each.deviation_interval,
            n: each.ratings,
            as: "number",
            ends: [-most, most],
          }),
        ],
      }))}
    />
  );
}
