import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { facetQuery } from "@/api/queries";
import { text } from "@/strings";
import { SHOWN, type Shown, useShown } from "./use-shown";

const t = text.home.shown;
const MOST_RUNS = 1_000;

/** Keeps evaluations apart from traffic, where an experiment has both. */
export function ShownControl({ experimentId }: { experimentId: string }) {
  const { shown, show } = useShown();
  const runs = useQuery(facetQuery({ experiment: experimentId, filter: "" }, "run", MOST_RUNS));
  const values = runs.data?.values ?? [];
  const both =
    values.length > 1 && (values.length === MOST_RUNS || values.some((each) => each.value === null));
  if (!both && shown === "all") return null;
  return (
    <SegmentedControl
      aria-label={t.label}
      value={shown}
      onChange={(next) => show(next as Shown)}
      data={SHOWN.map((value) => ({ value, label: t.names[value] }))}
    />
  );
}
