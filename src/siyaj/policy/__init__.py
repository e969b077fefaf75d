"""Taxonomy, rules as typed YAML, the evaluator, examples and back-testing."""
