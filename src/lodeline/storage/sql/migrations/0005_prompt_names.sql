-- Make the names of prompts unique in the store, and link prompts to experiments.

-- Of prompts with one name the first keeps it.
UPDATE prompts SET
  name = substr(name, 1, 200) || '.experiment-' || exp
    || CASE WHEN length(name) > 200 THEN '-' || id ELSE '' END,
  doc = json_set(doc, '$.tags."lodeline.renamed_from"', name)
WHERE EXISTS (SELECT 1 FROM prompts first WHERE first.name = prompts.name AND first.id < prompts.id);
CREATE UNIQUE INDEX prompts_name ON prompts (name);

CREATE TABLE prompt_links (
  prompt INTEGER NOT NULL, exp INTEGER NOT NULL, PRIMARY KEY (exp, prompt)
) WITHOUT ROWID;
CREATE INDEX prompt_links_prompt ON prompt_links (prompt);
