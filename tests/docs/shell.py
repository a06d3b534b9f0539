"""A reader of the documentation: types the commands of a page into one shell, against real servers."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.docs.markdown import Block, Command, blocks, commands
from tests.docs.outputs import Names, mismatch
from tests.e2e.demonstration import Demonstrating
from tests.e2e.harness import environment, free_port
from tests.warm.client import is_warm, shim

PASSWORD = "tulips in the rain"
TIMEOUT_S = 90.0
_SERVER = re.compile(r"^(?:\.venv/bin/)?lodeline server\b")
_DEMO = re.compile(r"^(?:\.venv/bin/)?lodeline demo --store (\S+)")
_PORT = re.compile(r"\b(5000|5001|4317|4318)\b")


class Reader:
    """Works in a folder of its own. Ports that pages name stand for free ones; passwords are typed when asked for.

    Variables and the working directory last from command to command. A server runs until the page says Ctrl-C
    (``^C``), starts another one, or ends. Where `demonstrating` is given, a new store that a page loads the
    demonstration into is a copy of that one, in which the command finds everything; that one was made by the command
    itself, in an empty folder. With `warm`, `lodeline` is a fork of a process that has it imported (`tests.warm`).
    """

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str] | None = None,
        demonstrating: Demonstrating | None = None,
        *,
        warm: bool = False,
    ) -> None:
        self.folder = folder
        self._demonstrating = demonstrating
        self.names = Names()
        self.server: subprocess.Popen[bytes] | None = None
        self._ports = {name: str(free_port()) for name in ("5000", "5001", "4317", "4318")}
        self._state = folder / ".variables"
        self._where = folder / ".where"
        self._typed = folder / ".typed"
        self._log = folder / ".server.log"
        self._state.write_text("")
        self._where.write_text(str(folder))
        self._typed.write_text(f"{PASSWORD}\n")
        self._environment = environment({
            "LODELINE_PORT": self._ports["5000"],
            "LODELINE_GRPC_PORT": self._ports["4317"],
            "LODELINE_SPOOL_DIR": str(folder / ".spool"),
            "LODELINE_URL": f"http://127.0.0.1:{self._ports['5000']}",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONWARNINGS": "",
            "no_proxy": "127.0.0.1",
            **(variables or {}),
        })  # fmt: skip
        if warm and is_warm(self._environment):
            self._warm()

    def _warm(self) -> None:
        """Let ``lodeline`` be what has been imported already, wherever a page does not name it by its place."""
        programs = self.folder / ".programs"
        programs.mkdir()
        self._environment |= shim(programs)
        self._environment["PATH"] = os.pathsep.join([str(programs), self._environment["PATH"]])

    def read(self, page: str, *, skip: Iterable[str] = ()) -> list[str]:
        """Do all that a page says but the blocks marked as not to be run; return the commands that were run."""
        done: list[str] = []
        for block in blocks(page):
            if block.not_run is not None or block.place in skip:
                continue
            self.keep(block)
            if block.file is None and block.language == "console":
                for command in commands(block):
                    self.run(command, block)
                    done.append(command.text)
        return done

    def keep(self, block: Block) -> None:
        """Write the file that a block is, if it is one."""
        if block.file is not None:
            (self.folder / block.file).write_text(self.translated(block.text), encoding="utf-8")

    def run(self, command: Command, block: Block) -> str:
        """Run one command, compare its output with what is shown, and return it."""
        text = self.translated(command.text)
        self._demonstrate(text)
        if _SERVER.match(text):
            shown = command.output
            output, code = self._serve(text, stop=bool(shown) and shown[-1] == "^C")
            shown = shown[:-1] if shown and shown[-1] == "^C" else shown
        else:
            output, code = self._run(text)
            shown = command.output
        output = self._retranslated(output)
        said = f"{block.place}: $ {command.text}\n{output}"
        refused = any(line.startswith(("Error:", "curl:")) for line in shown)
        assert (code != 0) == refused, f"exit code {code}: {said}"
        wrong = mismatch(shown, output.splitlines(), self.names) if shown else None
        assert wrong is None, f"{wrong}\n{said}"
        return output

    def stop(self) -> int:
        """End the server that runs, as Ctrl-C does, and return its exit code; 0 when there is none."""
        if self.server is None:
            return 0
        process, self.server = self.server, None
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            return process.wait(TIMEOUT_S)
        finally:
            process.kill()

    def translated(self, text: str) -> str:
        """Return a page's text with the ports and ids of this run."""
        return self.names.applied(_PORT.sub(lambda hit: self._ports[hit[1]], text))

    def _retranslated(self, text: str) -> str:
        for shown, port in self._ports.items():
            text = text.replace(f":{port}", f":{shown}").replace(f"port {port}", f"port {shown}")
        return text.replace(str(self.folder) + "/", "")

    def _demonstrate(self, text: str) -> None:
        found = _DEMO.match(text)
        if found and self._demonstrating is not None:
            store = Path(self._where.read_text().strip()) / found[1]
            if not store.exists():
                self._demonstrating().copy(store)

    def _run(self, text: str) -> tuple[str, int]:
        script = (
            f'set -a; source {self._state}; cd "$(cat {self._where})"\n{text}\n'
            f"code=$?; export -p > {self._state}; pwd > {self._where}; exit $code"
        )
        with self._typed.open("rb") as typed:
            done = subprocess.run(
                ["bash", "-c", script],
                stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=self._environment, cwd=self.folder, timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
        return done.stdout.decode(errors="replace"), done.returncode

    def _serve(self, text: str, *, stop: bool) -> tuple[str, int]:
        self.stop()
        script = f'set -a; source {self._state}; cd "$(cat {self._where})"; exec {text}'
        with self._log.open("wb") as log:
            self.server = subprocess.Popen(
                ["bash", "-c", script], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self._environment, cwd=self.folder,
            )  # fmt: skip
        said, until = "", time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            ended = self.server.poll()
            said = self._log.read_text(encoding="utf-8", errors="replace")
            if ended is not None:
                return said, ended
            if "\nStop:" in said:
                code = self.stop() if stop else 0
                # A server ended by Ctrl-C gives the signal back, which is no failure.
                return said, 0 if code in {0, -signal.SIGINT, 130} else code
            time.sleep(0.05)
        raise AssertionError(f"the server did not start in {TIMEOUT_S} s:\n{said}")
