import { Button, Modal } from "@mantine/core";
import { text } from "@/strings";
import classes from "./form-buttons.module.css";
import { ProblemNote } from "./problem-note";

interface FormButtonsProps {
  /** What the form does, in words. */
  submit: string;
  busy: boolean;
  disabled?: boolean;
  close: () => void;
}

/** The end of a form: the button that sends it, and the one that leaves it. */
export function FormButtons({ submit, busy, disabled = false, close }: FormButtonsProps) {
  return (
    <div className={classes.buttons}>
      <Button type="submit" loading={busy} disabled={disabled}>
        {submit}
      </Button>
      <Button variant="default" onClick={close}>
        {text.common.cancel}
      </Button>
    </div>
  );
}

interface ConfirmProps {
  title: string;
  /** What will become of it. */
  hint: string;
  act: string;
  busy: boolean;
  /** Why it failed; null when it did not, or where a toast says it. */
  error?: unknown;
  /** What is gone then does not come back. */
  destroys?: boolean;
  onConfirm: () => void;
  close: () => void;
}

/** Asks before something is done that cannot be taken back, or that many would notice. */
export function Confirm(props: ConfirmProps) {
  const { title, hint, act, busy, error = null, destroys = false, onConfirm, close } = props;
  return (
    <Modal opened onClose={close} title={title}>
      <p>{hint}</p>
      {error !== null && <ProblemNote error={error} />}
      <div className={classes.buttons}>
        <Button color={destroys ? "red" : undefined} data-autofocus loading={busy} onClick={onConfirm}>
          {act}
        </Button>
        <Button variant="default" onClick={close}>
          {text.common.cancel}
        </Button>
      </div>
    </Modal>
  );
}
