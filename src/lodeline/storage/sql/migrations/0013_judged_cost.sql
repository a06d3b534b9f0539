-- Tell what the judgments of an evaluation's row cost from what the row itself cost.

ALTER TABLE evaluation_rows ADD COLUMN judged_usd REAL;
-- With judges, what was logged with a row was the cost of its judgments: its trace told the rest.
UPDATE evaluation_rows SET judged_usd = cost_usd, cost_usd = NULL
  WHERE cost_usd IS NOT NULL AND run IN (
    SELECT run FROM evaluations WHERE json_extract(doc, '$.bindings.judges') <> '{}'
      OR json_extract(doc, '$.bindings.environment.evaluated_by') IS NOT NULL
  );
