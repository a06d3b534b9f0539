/** Code that several pages offer to copy. */

/** A whole evaluation, small enough to be read at once; `experiment` is an id. */
export function evaluateSnippet(experiment: string): string {
  return `import lodeline

lodeline.configure(url="${window.location.origin}")

def answer(country):
    return {"France": "Paris", "Japan": "Tokyo"}.get(country, "?")


@lodeline.scorer
def right(outputs, expectations):
    return outputs == expectations["capital"]


rows = [{"inputs": {"country": "France"}, "expectations": {"capital": "Paris"}}]
lodeline.evaluate(rows, predict_fn=answer, scorers=[right], experiment=${JSON.stringify(experiment)})`;
}
