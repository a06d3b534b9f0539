-- Add datasets with versions and records, prompts and registered scorers.

CREATE TABLE datasets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  name TEXT NOT NULL,
  lifecycle TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  latest INTEGER NOT NULL,    -- the latest version, 0 without any
  added INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL,  -- by the draft
  next_place INTEGER NOT NULL,
  record_count INTEGER NOT NULL, digest TEXT NOT NULL,                         -- of the latest version
  doc TEXT NOT NULL           -- JSON: identity, created_by, description, tags, schemas
);
CREATE UNIQUE INDEX datasets_name ON datasets (exp, name) WHERE lifecycle = 'ACTIVE';
CREATE INDEX datasets_created ON datasets (exp, created_ms, id);

CREATE TABLE dataset_links (ds INTEGER NOT NULL, exp INTEGER NOT NULL, PRIMARY KEY (exp, ds)) WITHOUT ROWID;
CREATE INDEX dataset_links_ds ON dataset_links (ds);

CREATE TABLE dataset_versions (
  ds INTEGER NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, created_ms INTEGER NOT NULL,
  doc TEXT NOT NULL,          -- JSON: parent, message, author, counts, splits
  PRIMARY KEY (ds, version)
) WITHOUT ROWID;
CREATE TABLE dataset_labels (
  ds INTEGER NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (ds, label)
) WITHOUT ROWID;

-- One row: a record as it stands from version valid_from on, up to and without valid_to (NULL: still). What begins or
-- ends at the version after the latest is the draft.
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  ds INTEGER NOT NULL,
  place INTEGER NOT NULL,     -- the order of the dataset's records; the same in all rows of one
  record_id TEXT NOT NULL,
  valid_from INTEGER NOT NULL, valid_to INTEGER,
  content_hash BLOB NOT NULL, input_hash BLOB NOT NULL,
  external_id TEXT, split TEXT, author TEXT,
  trace TEXT,                 -- the trace that it was made from
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  doc TEXT NOT NULL           -- JSON: inputs, expectations, outputs, tags, source
);
CREATE UNIQUE INDEX records_record ON records (ds, record_id, valid_from);
CREATE INDEX records_place ON records (ds, place, valid_from, valid_to);
CREATE INDEX records_from ON records (ds, valid_from);
CREATE INDEX records_to ON records (ds, valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX records_input ON records (ds, input_hash) WHERE valid_to IS NULL;
CREATE INDEX records_external ON records (ds, external_id) WHERE valid_to IS NULL AND external_id IS NOT NULL;
CREATE INDEX records_trace ON records (trace) WHERE trace IS NOT NULL;

CREATE TABLE prompts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  exp INTEGER NOT NULL, name TEXT NOT NULL,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  latest INTEGER NOT NULL,
  doc TEXT NOT NULL,          -- JSON: created_by, description, tags
  UNIQUE (exp, name)
);
CREATE INDEX prompts_created ON prompts (exp, created_ms, id);
CREATE TABLE prompt_versions (
  prompt INTEGER NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, created_ms INTEGER NOT NULL,
  doc TEXT NOT NULL,          -- JSON: what the version says
  PRIMARY KEY (prompt, version)
) WITHOUT ROWID;
CREATE TABLE prompt_aliases (
  prompt INTEGER NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (prompt, alias)
) WITHOUT ROWID;
CREATE TABLE prompt_events (
  id INTEGER PRIMARY KEY, prompt INTEGER NOT NULL, at_ms INTEGER NOT NULL, doc TEXT NOT NULL
);
CREATE INDEX prompt_events_prompt ON prompt_events (prompt, id);

CREATE TABLE scorers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  exp INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
  created_ms INTEGER NOT NULL, created_by TEXT, message TEXT NOT NULL,
  definition TEXT NOT NULL,   -- JSON
  UNIQUE (exp, name, version)
);
