"""Statistics of evaluation: pure functions over arrays. The only part of `evals` that needs NumPy and SciPy."""

from importlib.util import find_spec

from lodeline.domain.errors import Unsupported

for _name in ("numpy", "scipy"):
    if find_spec(_name) is None:
        raise Unsupported(
            f"Statistics need {_name}, which is not installed: pip install 'lodeline[stats]'.",
            details={"extra": "stats", "missing": _name},
        )
