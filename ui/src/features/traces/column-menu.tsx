import { Button, Checkbox, Popover, SegmentedControl } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import type { AssessmentName } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import classes from "./column-menu.module.css";
import { COLUMNS, type Column, columnsText, judgedColumns, PRESETS } from "./columns";

const t = text.traces;
/** Names of judgments that are offered, of each kind. */
const MOST_NAMES = 30;

interface ColumnMenuProps {
  columns: readonly Column[];
  /** The judgments that the experiment has. */
  names: readonly AssessmentName[];
  onColumns: (text: string | undefined) => void;
}

/** Chooses the columns: one of the presets, or each for itself. */
export function ColumnMenu({ columns, names, onColumns }: ColumnMenuProps) {
  const preset = columnsText(columns, names) ?? "standard";
  const chosen = columns.filter((column) => column.judged !== undefined);
  const offered = judgedColumns(names);
  const judged = [...offered, ...chosen.filter((column) => !offered.some((each) => each.id === column.id))];
  const every = [...COLUMNS, ...judged];
  const of = (kind: "FEEDBACK" | "EXPECTATION") =>
    judged.filter((column) => column.judged?.kind === kind).slice(0, MOST_NAMES);
  const box = (column: Column) => (
    <Checkbox
      key={column.id}
      label={<SafeText text={column.label} />}
      checked={columns.some((each) => each.id === column.id)}
      onChange={(event) => {
        const on = event.currentTarget.checked;
        const next = every.filter((each) =>
          each.id === column.id ? on : columns.some((shown) => shown.id === each.id),
        );
        if (next.length > 0) onColumns(columnsText(next, names));
      }}
    />
  );
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} aria-hidden />}>
          {t.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.menu}>
        <SegmentedControl
          aria-label={t.columns}
          data={Object.keys(PRESETS).map((name) => ({ value: name, label: t.presets[name] ?? name }))}
          value={preset in PRESETS ? preset : ""}
          onChange={(name) => onColumns(name === "standard" ? undefined : name)}
        />
        <div className={classes.columns}>{COLUMNS.map(box)}</div>
        {(["FEEDBACK", "EXPECTATION"] as const).map(
          (kind) =>
            of(kind).length > 0 && (
              <fieldset key={kind} className={classes.group}>
                <legend>{text.judged.groups[kind]}</legend>
                <div className={classes.columns}>{of(kind).map(box)}</div>
              </fieldset>
            ),
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
