-- Issues, problems that traces show; an index of judgments on one trace that are of its whole session.

CREATE TABLE issues (
  id INTEGER PRIMARY KEY,
  issue_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  doc TEXT NOT NULL           -- JSON: the whole issue
);
CREATE INDEX issues_made ON issues (exp, created_ms, issue_id);

CREATE INDEX assessments_of_sessions ON assessments (exp, name, created_ms)
  WHERE json_extract(doc, '$.metadata."mlflow.trace.session"') IS NOT NULL;
