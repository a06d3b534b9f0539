-- Let no two accounts have the same identity at a provider of single sign-on.

CREATE UNIQUE INDEX accounts_external ON accounts (
  json_extract(doc, '$.external.issuer'), json_extract(doc, '$.external.subject')
);
