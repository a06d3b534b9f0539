-- Add standing rules of labeling sessions.

ALTER TABLE labeling_sessions ADD COLUMN ruled INTEGER NOT NULL DEFAULT 0;  -- whether it has standing rules
CREATE INDEX labeling_sessions_ruled ON labeling_sessions (run) WHERE ruled = 1;
CREATE TABLE labeling_rules (
  run INTEGER NOT NULL,       -- runs.id
  rule TEXT NOT NULL,         -- digest
  doc TEXT NOT NULL,          -- JSON: how far the rule is
  PRIMARY KEY (run, rule)
) WITHOUT ROWID;
