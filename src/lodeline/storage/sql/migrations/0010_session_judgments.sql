-- An index of judgments on one trace that are, by their metadata, of its whole session.

CREATE INDEX assessments_of_sessions ON assessments (exp, name, created_ms)
  WHERE json_extract(doc, '$.metadata."mlflow.trace.session"') IS NOT NULL;
