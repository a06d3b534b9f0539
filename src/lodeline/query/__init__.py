"""The filter language: text, syntax tree, typed check, reference evaluation."""
