import { Checkbox, NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { LineField, LongField } from "@/components/text-fields";
import { text } from "@/strings";
import classes from "./experiment-settings.module.css";
import { isUnusual, type Setting, type SettingsDraft } from "./settings-draft";

const t = text.experimentSettings;
const PERIODS = ["day", "week", "month"] as const;
const CAPTURES = ["full", "hashed", "structure", "none"] as const;

type Keys<V> = { [K in Setting]: SettingsDraft[K] extends V ? K : never }[Setting];

export interface SettingsForm {
  draft: SettingsDraft;
  change: (next: Partial<SettingsDraft>) => void;
  /** What the server has against the draft, by field. */
  faults: Partial<Record<string, string>>;
}

/** What a setting does, what becomes of the traces that are there, and how it is when nobody has set it. */
export function About({ draft, setting }: { draft: SettingsDraft; setting: Setting }) {
  const { what, there, usual } = t.fields[setting];
  return (
    <>
      {what} {there}{" "}
      <span className={classes.usual}>
        {t.usual(usual)}
        {isUnusual(draft, setting) && <strong> ({t.differs})</strong>}
      </span>
    </>
  );
}

interface FieldProps<V> {
  form: SettingsForm;
  setting: Exclude<Keys<V>, "capture" | "period">;
}

/** A setting of one line. */
export function LineSetting(
  props: FieldProps<string> & { numeric?: boolean; most?: number; note?: ReactNode },
) {
  const { form, setting, numeric = false, most, note } = props;
  return (
    <LineField
      label={t.fields[setting].label}
      description={
        <>
          <About draft={form.draft} setting={setting} /> {note}
        </>
      }
      classNames={numeric ? { wrapper: classes.narrow } : undefined}
      inputMode={numeric ? "decimal" : undefined}
      maxLength={most}
      value={form.draft[setting]}
      error={form.faults[setting]}
      onText={(written) => form.change({ [setting]: written })}
    />
  );
}

/** A setting of several lines. */
export function LinesSetting({ form, setting, mono = false }: FieldProps<string> & { mono?: boolean }) {
  return (
    <LongField
      label={t.fields[setting].label}
      description={<About draft={form.draft} setting={setting} />}
      classNames={mono ? { input: "mono" } : undefined}
      rows={[2, 10]}
      value={form.draft[setting]}
      error={form.faults[setting]}
      onText={(written) => form.change({ [setting]: written })}
    />
  );
}

/** A setting that is on or off. */
export function SwitchSetting({ form, setting }: FieldProps<boolean>) {
  return (
    <Checkbox
      label={t.fields[setting].label}
      description={<About draft={form.draft} setting={setting} />}
      checked={form.draft[setting]}
      error={form.faults[setting]}
      onChange={(event) => form.change({ [setting]: event.currentTarget.checked })}
    />
  );
}

/** How much of the content is kept. */
export function CaptureSetting({ form }: { form: SettingsForm }) {
  return (
    <NativeSelect
      label={t.fields.capture.label}
      description={<About draft={form.draft} setting="capture" />}
      classNames={{ wrapper: classes.narrow }}
      data={CAPTURES.map((value) => ({ value, label: t.captures[value] }))}
      value={form.draft.capture}
      error={form.faults.capture}
      onChange={(event) => form.change({ capture: event.currentTarget.value as SettingsDraft["capture"] })}
    />
  );
}

/** How long a budget is for. */
export function PeriodSetting({ form }: { form: SettingsForm }) {
  return (
    <NativeSelect
      label={t.fields.period.label}
      description={<About draft={form.draft} setting="period" />}
      classNames={{ wrapper: classes.narrow }}
      data={PERIODS.map((value) => ({ value, label: t.periods[value] }))}
      value={form.draft.period}
      error={form.faults.period}
      onChange={(event) => form.change({ period: event.currentTarget.value as SettingsDraft["period"] })}
    />
  );
}
