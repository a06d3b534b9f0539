"""The MLflow door: what an unmodified `mlflow` client sends, and what it needs back.

One file a noun; each holds wire translation and nothing else, the use cases are those of the native API. `fields`
reads requests, `wire` writes answers, `errors` gives MLflow's codes, `endpoint` makes routes of the nouns' functions.
"""
