import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { text } from "@/strings";

interface CopyProps {
  /** The text to copy, or what makes it when it is asked for. */
  value: string | (() => string | Promise<string>);
  label: string;
  /** Shows the label on the button. */
  named?: boolean;
}

export function CopyButton({ value, label, named = false }: CopyProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(typeof value === "string" ? value : await value());
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  const icon = copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />;
  if (named)
    return (
      <Button variant="default" leftSection={icon} onClick={() => void copy()}>
        {copied ? text.common.copied : label}
      </Button>
    );
  return (
    <Tooltip label={copied ? text.common.copied : label}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={() => void copy()}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** Copies text, also where the page was not loaded by HTTPS and the clipboard's own interface is missing. */
export async function copyText(value: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(value);
  const area = document.createElement("textarea");
  area.value = value;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
