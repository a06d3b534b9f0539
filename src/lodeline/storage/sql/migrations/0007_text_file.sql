-- Give the full-text index a file of its own; it is filled again in the background.

DROP TABLE texts;
-- The last chunk's number, as far as chunks were deleted: none is given twice.
INSERT INTO meta (name, value) VALUES ('last_chunk', max(
  ifnull((SELECT max(cid) FROM chunks), 0), ifnull((SELECT value FROM meta WHERE name = 'text_indexed'), 0)));
DELETE FROM meta WHERE name = 'text_indexed';

-- Deleted chunks that the index may still name (storage.sql.text_file).
CREATE TABLE texts_gone (cid INTEGER PRIMARY KEY);
