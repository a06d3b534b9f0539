"""The one filter language: text → syntax → typed check → AST → reference evaluation. Pure.

`grammar_native.parse` and `grammar_mlflow.parse_mlflow` read filters, `order` reads orders, `reference` says what
they mean, `unparse` writes them, `fields` is the table of names, `tokens` the definition of full text, `cursor` the
keyset cursors, `prefilter` what an index may ask before a filter is checked, `complete` what may be written next.
"""
