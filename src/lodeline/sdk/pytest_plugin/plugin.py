"""The hooks: marked tests are called repeatedly; with ``--lodeline`` they become one evaluation on the server.

Under xdist the evaluation is made by the process that started the others, which log their rows into it. A server
that is away fails no test: it is said at the end. pytest loads this module in every project that has Lodeline
installed, so what it needs is imported when a test is marked.
"""

# ruff: noqa: PLC0415

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lodeline.sdk.pytest_plugin.session import Evaluated

_MARK = "lodeline"
_PLACE = "lodeline_evaluation"
_EVALUATED = pytest.StashKey["Evaluated"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("lodeline", "evaluation of marked tests")
    group.addoption("--lodeline", action="store_true", help="Keep marked tests as an evaluation on the server.")
    group.addoption("--lodeline-experiment", metavar="NAME", help="Its experiment; that of the settings by default.")
    group.addoption("--lodeline-name", metavar="NAME", default="pytest", help="Its name.")
    group.addoption("--lodeline-baseline", metavar="RUN", help="An evaluation to tell regressions by.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and make the evaluation."""
    config.addinivalue_line(
        "markers",
        "lodeline(repetitions=1, min_pass_rate=1.0, slices=None): call the test so often; it passes when that share "
        "of the calls does. With --lodeline each call is a row of an evaluation.",
    )
    if config.getoption("--lodeline") and not hasattr(config, "workerinput"):
        evaluated = _evaluated(config)
        evaluated.begin(config.getoption("--lodeline-experiment"), str(config.getoption("--lodeline-name")))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of xdist which evaluation it logs into."""
    evaluated = _evaluated(node.config)
    node.workerinput[_PLACE] = (evaluated.run_id, evaluated.experiment_id)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a marked test as often as its mark says, and keep what came of it."""
    marker = pyfuncitem.get_closest_marker(_MARK)
    if marker is None:
        return None
    from lodeline.sdk.pytest_plugin.repeated import Mark, call_repeatedly

    mark, evaluated = Mark.of(marker.kwargs), _evaluated(pyfuncitem.config)
    names = pyfuncitem._fixtureinfo.argnames  # pyright: ignore[reportPrivateUsage] - as pytest's own hook does
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    found = call_repeatedly(pyfuncitem.obj, arguments, pyfuncitem.nodeid, mark, evaluated.scope)
    evaluated.keep(found)
    pyfuncitem.user_properties.append((_MARK, f"{found.verdict} {found.passes}/{len(found.rows)}"))
    if not found.enough:
        first = found.errors[0]
        if len(found.rows) > 1:
            first.add_note(f"{found.verdict}: {found.passes} of {len(found.rows)} calls passed")
        raise first
    return True


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """End the evaluation when all tests have ended, those of other processes too."""
    result = yield
    evaluated = session.config.stash.get(_EVALUATED, None)
    if evaluated is not None and not hasattr(session.config, "workerinput"):
        evaluated.end(session.config.getoption("--lodeline-baseline"))
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what became of marked tests."""
    evaluated = config.stash.get(_EVALUATED, None)
    if evaluated is None or (evaluated.run_id is None and not evaluated.problems):
        return
    terminalreporter.section(_MARK)
    if evaluated.run_id is not None:
        terminalreporter.write_line(f"evaluation {evaluated.run_id}")
    for line in (*evaluated.lines, *evaluated.problems):
        terminalreporter.write_line(line)


def _evaluated(config: pytest.Config) -> "Evaluated":
    from lodeline.sdk.pytest_plugin.session import Evaluated

    if _EVALUATED not in config.stash:
        worker: dict[str, Any] = getattr(config, "workerinput", {})
        config.stash[_EVALUATED] = Evaluated(*worker.get(_PLACE, ()))
    return config.stash[_EVALUATED]
