"""The entry point: find the command group, run it, and turn whatever happens into output and an exit code.

Only the group that is asked for is imported; ``--version`` and ``--help`` import none, so they answer at once.
"""

import contextlib
import difflib
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from lodeline import __version__
from lodeline.cli.exits import BROKEN_PIPE, INTERNAL, INTERRUPTED, INVALID, OK, UNSUPPORTED, OutputClosed, exit_code
from lodeline.domain.errors import LodelineError, Unauthenticated

GROUPS: dict[str, str] = {
    "server": "Serve a store: API, OTLP ingest and page.",
    "demo": "Load real example traces and evaluations, and say what to try.",
    "traces": "Search, show, follow, tag, delete, export and import traces.",
    "assessments": "Log judgments and read them with their history.",
    "datasets": "Create, fill, publish and compare datasets.",
    "prompts": "Register, show and compare prompts.",
    "scorers": "List, show and delete registered scorers.",
    "sessions": "List and show traced conversations.",
    "users": "List traced end users.",
    "experiments": "Create, list, change, delete, export and import experiments.",
    "import": "Bring over what another platform has: experiments, traces, runs, datasets, prompts.",
    "keys": "Create, list and revoke API keys.",
    "accounts": "Create, list and change accounts.",
    "audit": "Show who changed what.",
    "runs": "List, show, tag, delete and restore runs.",
    "evaluations": "Show evaluations, their rows and summaries; compare and cancel them.",
    "eval": "Run evaluations from a file, compare them, and hold them to a gate.",
    "issues": "List, show and change problems that traces show.",
    "labels": "Make, show and delete label schemas.",
    "labeling": "Make, fill and watch labeling sessions; carry what people expect into datasets.",
    "models": "List, show and compare versions of applications; move their aliases.",
    "db": "Migrate, check, back up and vacuum a store.",
    "doctor": "Check that traces made on this machine are delivered.",
    "version": "Show the versions of this program and of the server.",
}
"""Every command group, which is a module of this package, with its one line of help, in the order of ``--help``."""
_KEY_HINT = (
    "\nSet LODELINE_KEY (or give --key); 'lodeline keys create NAME --scope read --sign-in ACCOUNT' makes a key."
)
_GC_OBJECTS = 50_000
_COMPLETION = "_LODELINE_COMPLETE"
_ROOT_OPTIONS = ("--install-completion", "--show-completion")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; never a traceback for an error that was foreseen."""
    # Imports make many objects and hardly a cycle of garbage: to look for those takes a seventh of a short command.
    gc.set_threshold(_GC_OBJECTS, 20, 100)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        code = _dispatch(list(arguments))
        sys.stdout.flush()
        return code
    except LodelineError as error:
        _say(f"Error: {error.message}{_KEY_HINT if _needs_key(error) else ''}")
        return exit_code(error)
    except KeyboardInterrupt:
        _say("Interrupted.")
        return INTERRUPTED
    except (BrokenPipeError, OutputClosed):
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get("LODELINE_DEBUG"):
            raise
        return _unforeseen(error)


def _needs_key(error: LodelineError) -> bool:
    """Tell whether a key would help: a set-up token is asked for where no account can have one yet."""
    return isinstance(error, Unauthenticated) and error.error_code != "wrong_setup_token"


def _unforeseen(error: Exception) -> int:
    """Say what went wrong and what to do; return the exit code."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is not None and not missing.startswith("lodeline"):
        _say(
            f"Error: this command needs the package {missing}, which the bare installation does not have; install it "
            "with: pip install 'lodeline[server]' (only 'lodeline doctor' does without)."
        )
        return UNSUPPORTED
    _say(
        f"Error: something unforeseen went wrong ({type(error).__name__}: {error}). Run again with LODELINE_DEBUG=1 "
        "for the traceback and report it."
    )
    return INTERNAL


def help_text() -> str:
    """Return what ``lodeline --help`` shows."""
    width = max(map(len, GROUPS))
    lines = [
        "Usage: lodeline [--version] [--help] COMMAND ...",
        "",
        "Traces, evaluation and improvement of GenAI applications.",
        "",
        "Commands:",
        *(f"  {name:<{width}}  {text}" for name, text in GROUPS.items()),
        "",
        "Options:",
        "  --version             Show the version and exit.",
        "  --install-completion  Install completion for this shell.",
        "  --show-completion     Show completion for this shell, to copy it or to change the installation.",
        "  -h, --help            Show this and exit; 'lodeline COMMAND --help' tells about one command.",
        "",
        "Commands talk to the server at --server or LODELINE_URL (http://127.0.0.1:5000 without), with the API key",
        "--key or LODELINE_KEY; with --store DIR they open a store themselves. Exit codes and JSON output:",
        "docs/reference/cli.md.",
    ]
    return "\n".join(lines)


def _dispatch(arguments: list[str]) -> int:
    if _COMPLETION in os.environ or (arguments and arguments[0].partition("=")[0] in _ROOT_OPTIONS):
        return _run_groups(list(GROUPS), arguments)
    if not arguments or arguments[0] in {"--help", "-h"}:
        sys.stdout.write(help_text() + "\n")
        return OK if arguments else INVALID
    if arguments[0] in {"--version", "-V"}:
        sys.stdout.write(f"lodeline {__version__}\n")
        return OK
    if arguments[0] == "doctor" and importlib.util.find_spec("typer") is None:
        return _bare_doctor(arguments[1:])
    if arguments[0] in GROUPS:
        return _run_groups([arguments[0]], arguments)
    near = difflib.get_close_matches(arguments[0], GROUPS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    _say(f"Error: there is no command {arguments[0]!r}.{hint} See 'lodeline --help'.")
    return INVALID


def _run_groups(names: Sequence[str], arguments: list[str]) -> int:
    root = importlib.import_module("lodeline.cli.root")
    code: int = root.invoke(names, arguments)
    return code


def _bare_doctor(arguments: Sequence[str]) -> int:
    """Run the one command that who only traces needs too, and so works with the bare installation."""
    doctor = importlib.import_module("lodeline.cli.bare_doctor")
    try:
        code: int = doctor.run(arguments)
    except SystemExit as stop:  # argparse has shown its help, or what is wrong
        return stop.code if isinstance(stop.code, int) else INVALID
    return code


def _say(text: str) -> None:
    """Write to standard error, with control characters made visible."""
    shown = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
    with contextlib.suppress(OSError):
        sys.stderr.write(shown.encode("utf-8", "backslashreplace").decode() + "\n")


if __name__ == "__main__":
    main()
