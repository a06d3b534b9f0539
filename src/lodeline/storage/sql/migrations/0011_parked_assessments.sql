-- Add judgments that wait for their traces.

CREATE TABLE parked_assessments (
  aid TEXT PRIMARY KEY,         -- the id that the assessment will have
  exp INTEGER NOT NULL,         -- experiments.exp
  trace_id TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  doc TEXT NOT NULL             -- JSON of domain.parking.ParkedAssessment
) WITHOUT ROWID;
CREATE INDEX parked_assessments_exp ON parked_assessments (exp);
CREATE INDEX parked_assessments_expires ON parked_assessments (expires_ms);
