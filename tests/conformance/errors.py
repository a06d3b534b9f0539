"""What a client raises when the server refuses."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from mlflow.exceptions import MlflowException


@contextmanager
def refused(code: str) -> Generator[None]:
    """Expect the server to refuse what is done within, with one of MLflow's codes."""
    with pytest.raises(MlflowException) as caught:
        yield
    assert caught.value.error_code == code
