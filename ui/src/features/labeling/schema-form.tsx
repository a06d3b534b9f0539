import { Checkbox, Modal, NativeSelect, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import type { LabelInputBody, LabelSchema } from "@/api/schema";
import { FormButtons } from "@/components/form-buttons";
import { ProblemNote } from "@/components/problem-note";
import { LineField, LongField } from "@/components/text-fields";
import { showToast } from "@/components/toast-store";
import { linesOf } from "@/lib/labeling";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.schemaForm;
const INPUTS = ["pass_fail", "categorical", "numeric", "text", "text_list", "spans"] as const;
const KINDS = ["FEEDBACK", "EXPECTATION"] as const;
const PARTS = ["response", "request"] as const;
const DIRECTIONS = ["higher", "lower", "none"] as const;

interface SchemaFormProps {
  experimentId: string;
  close: () => void;
  made: (schema: LabelSchema) => void;
}

/** Makes a label schema: a question, and which answers are sound. */
export function SchemaForm({ experimentId, close, made }: SchemaFormProps) {
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [instruction, setInstruction] = useState("");
  const [kind, setKind] = useState<(typeof KINDS)[number]>("FEEDBACK");
  const [input, setInput] = useState<InputDraft>(firstInput);
  const [comment, setComment] = useState(false);
  const [direction, setDirection] = useState<(typeof DIRECTIONS)[number]>("higher");
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () =>
      call(
        "create_label_schema",
        {},
        {
          body: {
            experiment: experimentId,
            name: name.trim(),
            title: title.trim(),
            instruction: instruction.trim() || null,
            kind,
            input: inputBody(input),
            enable_comment: comment,
            direction: kind === "EXPECTATION" ? "none" : direction,
          },
        },
      ),
    onSuccess: async (schema) => {
      await client.invalidateQueries({ queryKey: ["label-schemas"] });
      showToast(t.made(schema.name));
      made(schema);
      close();
    },
  });
  // The form stands within another one, in the tree of components if not in the page.
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    save.mutate();
  };
  return (
    <Modal opened onClose={close} title={t.title} size="lg">
      <form className={classes.form} onSubmit={submit} aria-label={t.title}>
        <LineField
          label={t.name}
          placeholder={t.nameHint}
          required
          data-autofocus
          maxLength={250}
          value={name}
          onText={setName}
        />
        <LineField
          label={t.question}
          placeholder={t.questionHint}
          maxLength={256}
          value={title}
          onText={setTitle}
        />
        <LongField
          label={t.instruction}
          rows={[1, 6]}
          maxLength={1_000}
          value={instruction}
          onText={setInstruction}
        />
        <div className={classes.pair}>
          <NativeSelect
            label={t.input}
            data={INPUTS.map((value) => ({ value, label: t.inputs[value] }))}
            value={input.kind}
            onChange={(event) =>
              setInput({ ...input, kind: event.currentTarget.value as InputDraft["kind"] })
            }
          />
          <NativeSelect
            label={t.kind}
            data={KINDS.map((value) => ({ value, label: t.kinds[value] }))}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as typeof kind)}
          />
        </div>
        <InputFields input={input} onChange={setInput} />
        {kind === "FEEDBACK" && (
          <NativeSelect
            label={t.direction}
            data={DIRECTIONS.map((value) => ({ value, label: t.directions[value] }))}
            value={direction}
            onChange={(event) => setDirection(event.currentTarget.value as typeof direction)}
          />
        )}
        <Checkbox
          label={t.comment}
          checked={comment}
          onChange={(event) => setComment(event.currentTarget.checked)}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <FormButtons submit={t.submit} busy={save.isPending} disabled={name.trim() === ""} close={close} />
      </form>
    </Modal>
  );
}

interface InputDraft {
  kind: (typeof INPUTS)[number];
  positive: string;
  negative: string;
  options: string;
  several: boolean;
  ordered: boolean;
  least: number | string;
  most: number | string;
  part: (typeof PARTS)[number];
}

const firstInput: InputDraft = {
  kind: "pass_fail",
  positive: "Pass",
  negative: "Fail",
  options: "",
  several: false,
  ordered: false,
  least: "",
  most: "",
  part: "response",
};

/** The fields of an input's kind, and no others: the server refuses those of another kind. */
function inputBody(input: InputDraft): LabelInputBody {
  const { kind } = input;
  const number = (value: number | string) => (typeof value === "number" ? value : null);
  if (kind === "pass_fail")
    return { kind, positive_label: input.positive.trim(), negative_label: input.negative.trim() };
  if (kind === "categorical")
    return { kind, options: linesOf(input.options), multi_select: input.several, ordered: input.ordered };
  if (kind === "numeric") return { kind, min_value: number(input.least), max_value: number(input.most) };
  if (kind === "spans") return { kind, options: linesOf(input.options), marks: input.part };
  return { kind };
}

function InputFields({ input, onChange }: { input: InputDraft; onChange: (input: InputDraft) => void }) {
  if (input.kind === "pass_fail")
    return (
      <div className={classes.pair}>
        <LineField
          label={t.positive}
          required
          maxLength={64}
          value={input.positive}
          onText={(positive) => onChange({ ...input, positive })}
        />
        <LineField
          label={t.negative}
          required
          maxLength={64}
          value={input.negative}
          onText={(negative) => onChange({ ...input, negative })}
        />
      </div>
    );
  if (input.kind === "categorical")
    return (
      <>
        <LongField
          label={t.options}
          required
          rows={[2, 10]}
          value={input.options}
          onText={(options) => onChange({ ...input, options })}
        />
        <Checkbox
          label={t.several}
          checked={input.several}
          onChange={(event) => onChange({ ...input, several: event.currentTarget.checked })}
        />
        <Checkbox
          label={t.ordered}
          checked={input.ordered}
          onChange={(event) => onChange({ ...input, ordered: event.currentTarget.checked })}
        />
      </>
    );
  if (input.kind === "spans")
    return (
      <>
        <LongField
          label={t.labels}
          required
          rows={[2, 10]}
          value={input.options}
          onText={(options) => onChange({ ...input, options })}
        />
        <NativeSelect
          label={t.marks}
          data={PARTS.map((value) => ({ value, label: t.parts[value] }))}
          value={input.part}
          onChange={(event) => onChange({ ...input, part: event.currentTarget.value as InputDraft["part"] })}
        />
      </>
    );
  if (input.kind === "numeric")
    return (
      <div className={classes.pair}>
        <NumberInput
          label={t.least}
          size="xs"
          value={input.least}
          onChange={(least) => onChange({ ...input, least })}
        />
        <NumberInput
          label={t.most}
          size="xs"
          value={input.most}
          onChange={(most) => onChange({ ...input, most })}
        />
      </div>
    );
  return null;
}
