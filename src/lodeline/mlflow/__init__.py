"""MLflow's databases: read without MLflow, and told in the rows of Lodeline's own export files.

`source` reads a database, `artifacts` the files beside it; one module a noun makes domain values of rows;
`experiment` puts those of one experiment into files, which any server imports like its own (`services.transfer`);
`vocabulary` says how words and shapes of both sides meet, and serves MLflow's door (`server.mlflow`) too.
"""
