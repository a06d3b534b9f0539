import { CloseButton } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { text } from "@/strings";
import { closeToast, currentToasts, onToasts } from "./toast-store";
import classes from "./toasts.module.css";

export function Toasts() {
  const toasts = useSyncExternalStore(onToasts, currentToasts);
  return (
    <div className={classes.stack} aria-live="polite" role="status">
      {toasts.map((toast) => (
        <div key={toast.id} className={classes.toast} data-kind={toast.kind}>
          <span>{toast.message}</span>
          <CloseButton size="xs" aria-label={text.common.close} onClick={() => closeToast(toast.id)} />
        </div>
      ))}
    </div>
  );
}
