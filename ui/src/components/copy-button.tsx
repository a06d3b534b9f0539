import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { text } from "@/strings";

interface CopyProps {
  /** The text to copy, or what makes it when it is asked for. */
  value: string | (() => string | Promise<string>);
  label: string;
  /** Shows the label on the button. */
  named?: boolean;
}

type Outcome = "copied" | "notCopied";

export function CopyButton({ value, label, named = false }: CopyProps) {
  const [outcome, setOutcome] = useState<Outcome>();
  const copy = async () => {
    setOutcome((await copied(value)) ? "copied" : "notCopied");
    setTimeout(() => setOutcome(undefined), 1_500);
  };
  const Icon = outcome === undefined ? IconCopy : ICONS[outcome];
  const icon = <Icon size={14} aria-hidden />;
  const said = outcome === undefined ? label : text.common[outcome];
  if (named)
    return (
      <Button variant="default" leftSection={icon} onClick={() => void copy()}>
        {said}
      </Button>
    );
  return (
    <Tooltip label={said}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={() => void copy()}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

const ICONS = { copied: IconCheck, notCopied: IconX };

/** Copies a text and tells whether it could: what makes it may fail, and a browser may refuse. */
async function copied(value: CopyProps["value"]): Promise<boolean> {
  try {
    const made = typeof value === "string" ? value : await value();
    return (await copiedByInterface(made)) || copiedByCommand(made);
  } catch {
    return false;
  }
}

/** The clipboard's own interface is missing where the page was not loaded by HTTPS, and may be forbidden. */
async function copiedByInterface(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}

function copiedByCommand(value: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = value;
  document.body.append(area);
  area.focus();
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
