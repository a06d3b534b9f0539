/** Fields for what is written, which tell the text alone. */

import { Textarea, type TextareaProps, TextInput, type TextInputProps } from "@mantine/core";

interface Written {
  value: string;
  onText: (text: string) => void;
}

/** A field of one line. */
export function LineField({ onText, ...props }: Omit<TextInputProps, "value" | "onChange"> & Written) {
  return <TextInput {...props} onChange={(event) => onText(event.currentTarget.value)} />;
}

type Grows = Omit<TextareaProps, "value" | "onChange" | "rows" | "autosize" | "minRows" | "maxRows">;

/** A field of several lines that grows with what is written, from the least number of rows to the most. */
export function LongField({ onText, rows, ...props }: Grows & Written & { rows: readonly [number, number] }) {
  const [least, most] = rows;
  return (
    <Textarea
      {...props}
      autosize
      minRows={least}
      maxRows={most}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}
