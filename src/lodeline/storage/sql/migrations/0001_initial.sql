-- Make the first schema.
--
-- Times: *_ns epoch nanoseconds, *_ms epoch milliseconds. Enumerations are the index in the domain's tuple.

CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE experiments (
  exp INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  lifecycle TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  client_key TEXT UNIQUE,
  doc TEXT NOT NULL          -- JSON: created_by, description, tags, settings, artifact_root
);
CREATE INDEX experiments_created ON experiments (created_ms, exp);
INSERT INTO experiments (exp, name, lifecycle, created_ms, updated_ms, doc) VALUES (0, 'Default', 'ACTIVE', 0, 0, '{}');

-- Narrow on purpose: filters and aggregates read it, lists add trace_docs.
CREATE TABLE traces (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- arrival order
  trace_id TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  dur_ns INTEGER,
  state INTEGER NOT NULL,
  name TEXT NOT NULL,
  session TEXT, user TEXT, environment TEXT, service TEXT, client TEXT, model TEXT, run TEXT,
  client_request_id TEXT,
  tok_total INTEGER NOT NULL, tok_in INTEGER NOT NULL, tok_out INTEGER NOT NULL,
  -- parts of tok_in, then of tok_out; the rest is uncached input and output text
  tok_cache_read INTEGER NOT NULL, tok_cache_write_5m INTEGER NOT NULL, tok_cache_write_1h INTEGER NOT NULL,
  tok_audio_in INTEGER NOT NULL, tok_image INTEGER NOT NULL,
  tok_reasoning INTEGER NOT NULL, tok_audio_out INTEGER NOT NULL,
  cost INTEGER,               -- 1e-12 US dollars
  span_count INTEGER NOT NULL, error_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  received_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  version INTEGER NOT NULL    -- grows with every change; validates the writer's cache
);
CREATE INDEX traces_start ON traces (exp, start_ns, id, state, dur_ns, tok_total, tok_in, tok_out, cost, model);
CREATE INDEX traces_duration ON traces (exp, dur_ns, id);
CREATE INDEX traces_tokens ON traces (exp, tok_total, id);
CREATE INDEX traces_cost ON traces (exp, cost, id);
CREATE INDEX traces_session ON traces (exp, session, start_ns, id) WHERE session IS NOT NULL;
CREATE INDEX traces_user ON traces (exp, user, start_ns, id) WHERE user IS NOT NULL;
CREATE INDEX traces_open ON traces (updated_ms) WHERE state = 0;

-- How often traces of an experiment that start in an hour since the epoch, or assessments on them, were changed. What
-- is computed of hours whose numbers have not grown still holds (storage.sql.hours), so rows are never removed.
CREATE TABLE hours (
  exp INTEGER NOT NULL, hour INTEGER NOT NULL, changes INTEGER NOT NULL, PRIMARY KEY (exp, hour)
) WITHOUT ROWID;

CREATE TABLE trace_docs (
  id INTEGER PRIMARY KEY,
  tags TEXT NOT NULL,         -- JSON object: the effective tags
  metadata TEXT NOT NULL,     -- JSON object
  request TEXT, response TEXT,
  doc TEXT NOT NULL           -- JSON: see storage.sql.rows
);

-- Exact values of a trace, newest first: 't:<tag key>', 'm:<metadata key>', 'f:<field>' (storage.sql.terms).
CREATE TABLE kv (
  exp INTEGER NOT NULL, key TEXT NOT NULL, val TEXT NOT NULL, start_ns INTEGER NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (exp, key, val, start_ns, id)
) WITHOUT ROWID;

-- Traces that have a span with this property, newest first. term names: 'n:<name>', 'k:<kind>', 'm:<model>', ...
CREATE TABLE names (nid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE span_terms (
  exp INTEGER NOT NULL, term INTEGER NOT NULL, err INTEGER NOT NULL,  -- err 1: on a span with status ERROR
  start_ns INTEGER NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (exp, term, err, start_ns, id)
) WITHOUT ROWID;

CREATE TABLE spans (
  id INTEGER NOT NULL, seq INTEGER NOT NULL,
  name INTEGER NOT NULL, kind INTEGER NOT NULL, status INTEGER NOT NULL,
  start_ns INTEGER NOT NULL, dur_ns INTEGER,
  model INTEGER, provider INTEGER, tok_total INTEGER, cost INTEGER,
  PRIMARY KEY (id, seq)
) WITHOUT ROWID;

-- One row: the spans of one trace that came in one request (ingest.payload).
CREATE TABLE chunks (
  cid INTEGER PRIMARY KEY, id INTEGER NOT NULL,
  copies INTEGER NOT NULL,    -- of spans in it, superseded ones too
  data BLOB NOT NULL
);
CREATE INDEX chunks_trace ON chunks (id, cid, copies);
CREATE INDEX chunks_number ON chunks (cid, id);  -- a row of the table fills a page: this finds traces without them

-- Full text: one row a chunk (rowid = cid), filled behind the commit up to meta 'text_indexed'.
CREATE VIRTUAL TABLE texts USING fts5(x, content='', contentless_delete=1, detail=none, tokenize='ascii');
INSERT INTO texts (texts, rank) VALUES ('hashsize', 16777216);

CREATE TABLE run_links (
  run TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE INDEX run_links_trace ON run_links (id);

-- Which sessions ('s') and users ('u') an experiment has, by last activity.
CREATE TABLE conversations (
  exp INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, last_ns INTEGER NOT NULL,
  PRIMARY KEY (exp, kind, key)
) WITHOUT ROWID;
CREATE INDEX conversations_last ON conversations (exp, kind, last_ns, key);

CREATE TABLE assessments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  aid TEXT NOT NULL UNIQUE,
  exp INTEGER NOT NULL,
  trace INTEGER,              -- traces.id; NULL when the target is a session
  session TEXT,
  name TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, source_id TEXT NOT NULL,
  valid INTEGER NOT NULL,
  num REAL,                   -- numeric_value
  vtype TEXT,                 -- 'n' number, 'b' boolean, 's' string, 'j' other JSON; NULL without value
  vnum REAL, vstr TEXT,       -- value when number or boolean; when string
  error TEXT,                 -- error code
  run TEXT,
  created_ms INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  identifier TEXT,
  start_ns INTEGER,           -- of the trace, for newest-first search
  doc TEXT NOT NULL           -- JSON: the whole assessment
);
CREATE INDEX assessments_trace ON assessments (trace) WHERE trace IS NOT NULL;
CREATE INDEX assessments_session ON assessments (exp, session) WHERE session IS NOT NULL;
CREATE INDEX assessments_created ON assessments (exp, created_ms, id);
CREATE INDEX assessments_number ON assessments (exp, name, num, start_ns, trace, valid, deleted, kind);
CREATE INDEX assessments_start ON assessments (exp, name, start_ns, trace, num, valid, deleted, kind, error);
CREATE TRIGGER assessments_added AFTER INSERT ON assessments WHEN NEW.trace IS NOT NULL BEGIN
  INSERT INTO hours VALUES (NEW.exp, NEW.start_ns / 3600000000000, 1)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER assessments_changed AFTER UPDATE ON assessments WHEN NEW.trace IS NOT NULL BEGIN
  INSERT INTO hours VALUES (NEW.exp, NEW.start_ns / 3600000000000, 1)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER assessments_removed AFTER DELETE ON assessments WHEN OLD.trace IS NOT NULL BEGIN
  INSERT INTO hours VALUES (OLD.exp, OLD.start_ns / 3600000000000, 1)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TABLE assessment_revisions (
  aid TEXT NOT NULL, entry INTEGER NOT NULL, at_ms INTEGER NOT NULL, by TEXT, reason TEXT,
  deleted INTEGER NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (aid, entry)
) WITHOUT ROWID;

CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY, folded_name TEXT NOT NULL UNIQUE, password_hash TEXT, doc TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, secret_hash BLOB NOT NULL UNIQUE, owner_id TEXT,
  created_ms INTEGER NOT NULL, revoked_ms INTEGER, last_used_ms INTEGER, doc TEXT NOT NULL
);
CREATE INDEX api_keys_owner ON api_keys (owner_id);
CREATE TABLE logins (
  secret_hash BLOB PRIMARY KEY, account_id TEXT NOT NULL, expires_ms INTEGER NOT NULL, doc TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX logins_account ON logins (account_id);

CREATE TABLE audit (
  entry_id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  target TEXT NOT NULL, exp TEXT, details TEXT NOT NULL
);
CREATE INDEX audit_exp ON audit (exp, entry_id);
