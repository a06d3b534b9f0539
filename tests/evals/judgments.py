"""The labels of `tests/data/judgments`, and the rewards of the demonstration's airline agent."""

import csv
import gzip
import io
import json
from pathlib import Path

import zstandard

from lodeline.domain.aggregate import ScoredRow

_ROOT = Path(__file__).parents[2]
_DATA = _ROOT / "tests" / "data" / "judgments"
_AIRLINE = _ROOT / "src" / "lodeline" / "demo" / "data" / "airline.jsonl.zst"
GSM8K_MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def labels(name: str) -> list[dict[str, str]]:
    """Return the rows of one file."""
    text = gzip.decompress((_DATA / f"{name}.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text)))


def gsm8k_rows(model: str) -> list[ScoredRow]:
    """Return one model's evaluation run."""
    return [
        ScoredRow(row["question_sha256"], row["index"], {"correct": row[model] == "1"})
        for row in labels("gsm8k-models")
    ]


def airline_rows() -> list[ScoredRow]:
    """Return the agent's run: 35 tasks, four trials each."""
    text = zstandard.ZstdDecompressor().stream_reader(_AIRLINE.read_bytes()).read().decode()
    rows = [json.loads(line) for line in text.splitlines()]
    return [
        ScoredRow(f"task {row['task_id']}", str(row["task_id"]), {"reward": float(row["reward"])}, row["trial"])
        for row in rows
    ]
