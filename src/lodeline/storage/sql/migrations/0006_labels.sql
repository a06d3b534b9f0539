-- Add label schemas, and labeling sessions with items and assignments.

CREATE TABLE label_schemas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schema_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  name TEXT NOT NULL,
  latest INTEGER NOT NULL,    -- version
  deleted INTEGER NOT NULL
);
CREATE UNIQUE INDEX label_schemas_name ON label_schemas (exp, name) WHERE deleted = 0;
CREATE TABLE label_schema_versions (
  label_schema INTEGER NOT NULL, version INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (label_schema, version)
) WITHOUT ROWID;

CREATE TABLE labeling_sessions (
  run INTEGER PRIMARY KEY,    -- runs.id
  state TEXT NOT NULL,
  doc TEXT NOT NULL           -- JSON: schemas, instructions, reviewers, policy, dataset_id
);
CREATE TABLE labeling_reviewers (
  reviewer TEXT NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (reviewer, run)
) WITHOUT ROWID;

CREATE TABLE labeling_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item_id TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL, place INTEGER NOT NULL, priority INTEGER NOT NULL,
  state TEXT NOT NULL, removed INTEGER NOT NULL,
  round INTEGER NOT NULL,
  open INTEGER NOT NULL,      -- places that anybody can claim, or the one they are kept for
  trace TEXT, other_trace TEXT,
  doc TEXT NOT NULL           -- JSON: the whole item but its assignments
);
CREATE UNIQUE INDEX labeling_items_place ON labeling_items (run, place);
CREATE INDEX labeling_items_state ON labeling_items (run, removed, state);
CREATE INDEX labeling_items_open ON labeling_items (run, priority DESC, place, round) WHERE open > 0;
CREATE INDEX labeling_items_trace ON labeling_items (trace) WHERE trace IS NOT NULL;
CREATE INDEX labeling_items_other ON labeling_items (other_trace) WHERE other_trace IS NOT NULL;

CREATE TABLE labeling_assignments (
  item INTEGER NOT NULL, slot INTEGER NOT NULL,
  run INTEGER NOT NULL, round INTEGER NOT NULL, state TEXT NOT NULL, reviewer TEXT, verified INTEGER NOT NULL,
  lease_until_ms INTEGER, requeued_ms INTEGER,
  doc TEXT NOT NULL,          -- JSON: the whole assignment
  PRIMARY KEY (item, slot)
) WITHOUT ROWID;
CREATE INDEX labeling_assignments_reviewer ON labeling_assignments (run, reviewer, state, item);
CREATE INDEX labeling_assignments_lease ON labeling_assignments (run, lease_until_ms) WHERE state = 'CLAIMED';
