"""What evaluation needs of NumPy and SciPy: statistics need both and say so, nothing else loads them."""

import subprocess
import sys

_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"numpy", "scipy"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
"""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_evaluation_and_gate_files_work_without_numpy():
    out = run(
        _WITHOUT
        + "import lodeline.evals, lodeline.evals.gates.render\n"
        + "from lodeline.evals.gates.parse import parse_gates\n"
        + "print(parse_gates(\"[[gate]]\\nmetric='m'\\nop='>'\\nthreshold=1\")[0].metric)"
    )
    assert out == "m\n"


def test_statistics_without_numpy_name_the_extra():
    out = run(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'scipy' else find(name, *rest)\n"
        "from lodeline.domain.errors import Unsupported\n"
        "try:\n"
        "    import lodeline.evals.statistics.compare\n"
        "except Unsupported as error:\n"
        "    print(error.message)\n"
    )
    assert out == "Statistics need scipy, which is not installed: pip install 'lodeline[stats]'.\n"


def test_a_comparison_loads_the_heavy_part_of_scipy_only_when_it_needs_it():
    out = run("import sys, lodeline.evals.statistics.gates; print('scipy.stats' in sys.modules)")
    assert out == "False\n"
