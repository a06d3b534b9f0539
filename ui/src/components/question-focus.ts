/** Puts the focus into a form's question at a place, where its answer is given. */
export function focusQuestion(form: HTMLElement | null, place: number): void {
  form?.querySelector<HTMLElement>(`[data-question="${place}"] :is(input, textarea, button)`)?.focus();
}
