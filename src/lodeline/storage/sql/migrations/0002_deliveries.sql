-- Record which batches of an SDK's process have arrived.

CREATE TABLE deliveries (
  instance TEXT PRIMARY KEY, exp INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  requests INTEGER NOT NULL, highest INTEGER NOT NULL, missing INTEGER NOT NULL,
  gaps TEXT NOT NULL          -- ranges, such as '3,7-9'
) WITHOUT ROWID;
CREATE INDEX deliveries_exp ON deliveries (exp);
