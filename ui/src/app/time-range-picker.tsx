import { Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconClock } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { dateTime } from "@/lib/format";
import { absoluteRange, isZone, msToWall, PRESETS, type TimeRange, wallToMs } from "@/lib/timerange";
import { text } from "@/strings";
import { useTimeRange } from "./time-range";
import classes from "./time-range-picker.module.css";

/** Shows and sets the time range and the zone of the whole page. */
export function TimeRangePicker() {
  const { range, zone, setRange } = useTimeRange();
  const [open, { toggle, close }] = useDisclosure(false);
  const choose = (next: string) => {
    setRange(next);
    close();
  };
  return (
    <Popover opened={open} onChange={close} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          onClick={toggle}
          leftSection={<IconClock size={14} aria-hidden />}
          aria-label={`${text.range.label}: ${rangeLabel(range, zone)}`}
        >
          {rangeLabel(range, zone)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        <div className={classes.presets}>
          {PRESETS.map((preset) => (
            <Button
              key={preset}
              size="compact-xs"
              variant={range.text === preset ? "filled" : "subtle"}
              justify="start"
              onClick={() => choose(preset)}
            >
              {text.range.presets[preset]}
            </Button>
          ))}
        </div>
        <CustomRange key={`${range.text} ${zone}`} range={range} choose={choose} />
      </Popover.Dropdown>
    </Popover>
  );
}

export function rangeLabel(range: TimeRange, zone: string): string {
  const preset = text.range.presets[range.text];
  if (preset !== undefined) return preset;
  const short = (ms: number | null) => (ms === null ? text.range.open : dateTime(ms, zone).slice(0, 16));
  return range.toMs === null && !range.text.includes("..")
    ? range.text
    : `${short(range.fromMs)} – ${short(range.toMs)}`;
}

function CustomRange({ range, choose }: { range: TimeRange; choose: (text: string) => void }) {
  const { zone, setZone } = useTimeRange();
  const [from, setFrom] = useState(range.fromMs === null ? "" : msToWall(range.fromMs, zone));
  const [to, setTo] = useState(range.toMs === null ? "" : msToWall(range.toMs, zone));
  const [zoneText, setZoneText] = useState(zone);
  const [problem, setProblem] = useState<string | null>(null);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (!isZone(zoneText)) return setProblem(text.range.unknownZone(zoneText));
    const fromMs = from === "" ? null : wallToMs(from, zoneText);
    const toMs = to === "" ? null : wallToMs(to, zoneText);
    if (fromMs !== null && toMs !== null && fromMs >= toMs) return setProblem(text.range.invalid);
    if (zoneText !== zone) setZone(zoneText);
    if (fromMs !== null || toMs !== null) choose(absoluteRange(fromMs, toMs));
    return setProblem(null);
  };
  return (
    <form onSubmit={apply} className={classes.custom}>
      <TextInput
        type="datetime-local"
        label={text.range.from}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        label={text.range.to}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <TextInput
        label={text.range.zone}
        value={zoneText}
        list="zones"
        error={problem}
        onChange={(event) => setZoneText(event.currentTarget.value)}
      />
      <datalist id="zones">
        {[...Intl.supportedValuesOf("timeZone"), "UTC"].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Button type="submit">{text.range.apply}</Button>
    </form>
  );
}
