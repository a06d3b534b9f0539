# pyright: basic, reportOptionalMemberAccess=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalOperand=false, reportOperatorIssue=false, reportPrivateImportUsage=false, reportOptionalSubscript=false, reportCallIssue=false, reportIndexIssue=false, reportOptionalIterable=false
"""What a client raises when the server refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from mlflow.exceptions import MlflowException


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect the server to refuse what is done within, with one of MLflow's codes."""
    with pytest.raises(MlflowException) as caught:
        yield
    assert caught.value.error_code == code
