/** Short messages about what was done; the newest last. They go by themselves, errors only when closed. */

export interface Toast {
  id: number;
  message: string;
  kind: "done" | "error";
}

const LIFE_MS = 5_000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

export function showToast(message: string, kind: Toast["kind"] = "done"): void {
  last += 1;
  const toast = { id: last, message, kind };
  change([...toasts.slice(-3), toast]);
  if (kind === "done") setTimeout(() => closeToast(toast.id), LIFE_MS);
}

export function closeToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function currentToasts(): readonly Toast[] {
  return toasts;
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
