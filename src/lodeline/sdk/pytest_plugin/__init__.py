"""Tests of an application as rows of an evaluation: ``@pytest.mark.lodeline``."""
