"""Scorers import light: nothing of the server, and optional packages only when they are used."""

import subprocess
import sys

import pytest

from lodeline.evals import scorers

OPTIONAL = {"autoevals", "deepeval", "jsonschema_rs", "openai", "pydantic_ai", "ragas", "rapidfuzz", "re2"}
HEAVY = OPTIONAL | {"apsw", "fastapi", "httpx", "numpy", "pandas", "pydantic", "rich", "scipy", "starlette", "typer"}


def _imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return {module.split(".")[0] for module in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import lodeline.evals",
        f"from lodeline.evals.scorers import {', '.join(scorers.__all__)}",
        "from lodeline.evals.scoring.bound import scorer; scorer(lambda outputs: True)",
        "from lodeline.evals.judges import make_judge, correctness",
        "import lodeline; lodeline.scorer, lodeline.Feedback, lodeline.make_judge",
    ],
)
def test_nothing_heavy_is_imported(code: str):
    assert _imported(code) & HEAVY == set()
