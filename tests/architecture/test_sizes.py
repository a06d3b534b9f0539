from collections.abc import Callable
from pathlib import Path

import pytest

from tools.check_sizes import CLASS_METHODS, FILE_LINES, FUNCTION_LINES, check_source, main


def _file(lines: int) -> str:
    return "\n" * lines


def _function(lines: int) -> str:
    return "def f():\n" + "    f()\n" * (lines - 1)


def _class(methods: int) -> str:
    body = "".join(f"    def m{number}(self): ...\n" for number in range(methods))
    return f"class C:\n    def _private(self): ...\n{body}"


@pytest.mark.parametrize(
    ("make", "marks", "subject"),
    [
        (_file, FILE_LINES, "file"),
        (_function, FUNCTION_LINES, "function f"),
        (_class, CLASS_METHODS, "class C"),
    ],
    ids=["file", "function", "class"],
)
def test_sizes_warn_above_the_mark_and_fail_above_the_limit(
    make: Callable[[int], str], marks: tuple[int, int], subject: str
):
    def findings(size: int) -> list[tuple[str, int, bool]]:
        found = check_source(Path("sample.py"), make(size), count_methods=True)
        return [(finding.subject, finding.size, finding.fatal) for finding in found]

    warn_above, limit = marks
    assert findings(warn_above) == []
    assert findings(warn_above + 1) == [(subject, warn_above + 1, False)]
    assert findings(limit) == [(subject, limit, False)]
    assert findings(limit + 1) == [(subject, limit + 1, True)]


def test_an_overloaded_method_counts_once():
    source = "class C:\n" + "    def same(self): ...\n" * 20
    assert list(check_source(Path("sample.py"), source, count_methods=True)) == []


def test_methods_count_under_src_only(tmp_path: Path):
    for name in ("src", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sample.py").write_text(_class(CLASS_METHODS[1] + 1), encoding="utf-8")
    assert main([str(tmp_path / "src")]) == 1
    assert main([str(tmp_path / "tests")]) == 0


def test_the_command_names_the_oversize_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    sample = tmp_path / "sample.py"
    sample.write_text(_file(FILE_LINES[1] + 1), encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert f"{sample}:1: error: file has 801 lines (limit 800)" in capsys.readouterr().out


def test_missing_paths_and_small_files_pass(tmp_path: Path):
    (tmp_path / "sample.py").write_text(_function(FUNCTION_LINES[0]), encoding="utf-8")
    assert main([str(tmp_path), str(tmp_path / "missing")]) == 0
