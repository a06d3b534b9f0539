"""Answers kept by what was asked: the same question to the same model is asked once."""

import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.model import JudgeModel, JudgeReply, JudgeRequest

MAX_REPLY_BYTES = 1_000_000


class AnswerCache:
    """At most `max_entries` answers, the least recently used leaving first; safe to use from several threads.

    With `directory` they are also kept there, one file each, for later processes and for others at the same time;
    files that cannot be read count as absent. The directory holds what judges said about your data: guard it so.
    """

    def __init__(self, *, max_entries: int = 10_000, directory: Path | None = None):
        if max_entries < 1:
            raise Invalid.value("max_entries", max_entries, "at least 1")
        self._max, self._directory = max_entries, directory
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, JudgeReply] = OrderedDict()
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._files = 0 if directory is None else len(list(directory.glob("*.json")))

    def get(self, key: str) -> JudgeReply | None:
        """Return the answer kept under a key, marked as cached; None when there is none."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        if found is None and self._directory is not None:
            found = _read(self._path(key))
            if found is not None:
                self._remember(key, found)
        return None if found is None else replace(found, cached=True)

    def put(self, key: str, reply: JudgeReply) -> None:
        """Keep an answer."""
        self._remember(key, reply)
        if self._directory is not None:
            content = orjson.dumps(asdict(reply), option=orjson.OPT_NON_STR_KEYS)
            if len(content) <= MAX_REPLY_BYTES:
                self._write(key, content)

    def _remember(self, key: str, reply: JudgeReply) -> None:
        with self._lock:
            self._kept[key] = reply
            self._kept.move_to_end(key)
            while len(self._kept) > self._max:
                self._kept.popitem(last=False)

    def _path(self, key: str) -> Path:
        assert self._directory is not None  # noqa: S101 -- callers have looked
        return self._directory / f"{key}.json"

    def _write(self, key: str, content: bytes) -> None:
        """Write beside and rename, so that a reader never sees half a file."""
        path = self._path(key)
        new = not path.exists()
        handle, temporary = tempfile.mkstemp(dir=self._directory, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
        with self._lock:
            self._files += new
            full = self._files > self._max
        if full:
            self._evict()

    def _evict(self) -> None:
        """Remove the oldest tenth of the files, so that the folder is seldom listed."""
        assert self._directory is not None  # noqa: S101 -- callers have looked
        with self._lock:
            files = sorted(self._directory.glob("*.json"), key=_modified)
            surplus = files[: max(1, len(files) - self._max + self._max // 10)]
            for file in surplus:
                file.unlink(missing_ok=True)
            self._files = len(files) - len(surplus)


@dataclass(frozen=True, slots=True)
class Cached:
    """A model whose answers are kept."""

    model: JudgeModel
    cache: AnswerCache

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on."""
        return self.model.digest_params

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return the answer kept, or else the model's, which is then kept; raises `JudgeFailed`."""
        key = request_key(self.digest_params, request)
        found = self.cache.get(key)
        if found is None:
            found = await self.model.answer(request)
            self.cache.put(key, found)
        return found


def request_key(model: Mapping[str, JsonValue], request: JudgeRequest) -> str:
    """Return the key of a question to a model: SHA-256, in hex, over all that the answer depends on."""
    parts = [dict(model), request.instructions, [[block.label, block.text] for block in request.data],
             request.schema, request.max_output_tokens]  # fmt: skip
    text = orjson.dumps(_encodable(parts), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    # The order of a schema's properties is the order in which a model answers, so it counts.
    order = orjson.dumps(_encodable(request.schema))
    return hashlib.sha256(text + b"\0" + order).hexdigest()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(key): _encodable(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _read(path: Path) -> JudgeReply | None:
    try:
        return JudgeReply(**orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return None


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process was quicker
        return 0.0
