import { Button, Checkbox, Popover, SegmentedControl } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { text } from "@/strings";
import classes from "./column-menu.module.css";
import { COLUMNS, type Column, columnsText, PRESETS } from "./columns";

const t = text.traces;

/** Chooses the columns: one of the presets, or each for itself. */
export function ColumnMenu({
  columns,
  onColumns,
}: {
  columns: readonly Column[];
  onColumns: (text: string | undefined) => void;
}) {
  const ids = columns.map((column) => column.id);
  const preset = columnsText(ids) ?? "standard";
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} aria-hidden />}>
          {t.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <SegmentedControl
          aria-label={t.columns}
          data={Object.keys(PRESETS).map((name) => ({ value: name, label: t.presets[name] ?? name }))}
          value={preset in PRESETS ? preset : ""}
          onChange={(name) => onColumns(name === "standard" ? undefined : name)}
        />
        <div className={classes.columns}>
          {COLUMNS.map((column) => (
            <Checkbox
              key={column.id}
              label={t.column[column.id]}
              checked={ids.includes(column.id)}
              onChange={(event) => {
                const on = event.currentTarget.checked;
                const next = COLUMNS.map((each) => each.id).filter((id) =>
                  id === column.id ? on : ids.includes(id),
                );
                if (next.length > 0) onColumns(columnsText(next));
              }}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
