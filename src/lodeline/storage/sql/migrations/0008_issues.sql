-- Issues: problems that traces show. Which traces, is said by assessments of kind ISSUE_REF.

CREATE TABLE issues (
  id INTEGER PRIMARY KEY,
  issue_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  doc TEXT NOT NULL           -- JSON: the whole issue
);
CREATE INDEX issues_made ON issues (exp, created_ms, issue_id);
