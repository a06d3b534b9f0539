-- Add runs with metrics, evaluations with rows, and models with aliases.

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, lifecycle TEXT NOT NULL,
  start_ms INTEGER NOT NULL, end_ms INTEGER,
  created_by TEXT, parent TEXT,
  doc TEXT NOT NULL           -- JSON: params, tags, inputs, outputs
);
CREATE INDEX runs_start ON runs (exp, start_ms, id);
CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL;

-- Every point of every metric. NaN is value 0 with nan 1; about: dataset id, digest and model id, tabs between them.
CREATE TABLE run_metrics (
  run INTEGER NOT NULL, key TEXT NOT NULL, step INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL,
  value REAL NOT NULL, nan INTEGER NOT NULL, about TEXT NOT NULL,
  PRIMARY KEY (run, key, step, timestamp_ms, value, nan, about)
) WITHOUT ROWID;
-- The latest point of each key: the last in the order of the key above.
CREATE TABLE run_latest (
  run INTEGER NOT NULL, key TEXT NOT NULL, step INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL,
  value REAL NOT NULL, nan INTEGER NOT NULL, about TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;

CREATE TABLE evaluations (
  run INTEGER PRIMARY KEY,    -- runs.id
  state TEXT NOT NULL,
  rows_total INTEGER NOT NULL, rows_known INTEGER NOT NULL, rows_done INTEGER NOT NULL, rows_failed INTEGER NOT NULL,
  digest TEXT NOT NULL,       -- of the bindings
  doc TEXT NOT NULL           -- JSON: bindings, scorers, message
);
CREATE TABLE evaluation_rows (
  run INTEGER NOT NULL, row_key TEXT NOT NULL, rep INTEGER NOT NULL,
  state TEXT NOT NULL, content_hash TEXT, record TEXT, cluster TEXT, trace TEXT,
  slices TEXT NOT NULL,       -- JSON object
  scores TEXT NOT NULL,       -- JSON: [[name, value, error, assessment id, rationale], ...]
  error TEXT, duration_ms INTEGER, cost_usd REAL,
  PRIMARY KEY (run, row_key, rep)
) WITHOUT ROWID;

-- The judgments of a run that do not stand as they were first given.
CREATE INDEX assessments_changed ON assessments (run)
  WHERE run IS NOT NULL AND (valid = 0 OR deleted = 1 OR json_extract(doc, '$.revision') > 1);

CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  name TEXT NOT NULL, status TEXT NOT NULL, lifecycle TEXT NOT NULL, type TEXT,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  reuse_key TEXT,
  git_commit TEXT, git_branch TEXT,
  diff TEXT,                  -- of the working tree
  doc TEXT NOT NULL           -- JSON: the whole model but its aliases and the diff
);
CREATE INDEX models_created ON models (exp, created_ms, id);
CREATE UNIQUE INDEX models_reuse ON models (exp, reuse_key) WHERE reuse_key IS NOT NULL AND lifecycle = 'ACTIVE';
CREATE TABLE model_aliases (
  exp INTEGER NOT NULL, alias TEXT NOT NULL, model INTEGER NOT NULL, PRIMARY KEY (exp, alias)
) WITHOUT ROWID;
CREATE INDEX model_aliases_model ON model_aliases (model);
CREATE TABLE alias_events (
  event INTEGER PRIMARY KEY AUTOINCREMENT, exp INTEGER NOT NULL, alias TEXT NOT NULL, doc TEXT NOT NULL
);
CREATE INDEX alias_events_alias ON alias_events (exp, alias, event);
