"""Make the data files of `lodeline.demo` from the public data sets they were chosen from.

Run as `python -m tools.build_demo_data SOURCE [TARGET]`. SOURCE holds the data sets as folders of their own
(otlp-captures, langfuse-framework-traces, tau-bench-airline, nq-open-gold, gsm8k-models, pandalm-pairwise,
xsum-human-ratings, ragchecker-human, prometheus-rubric-judge) and LICENSES; TARGET is src/lodeline/demo/data by
default. Equal sources give equal bytes. What is left out here: account and project ids, host and process facts, and
everything that the demo does not show.
"""

import gzip
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import zstandard

_LEVEL = 19
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LICENCES = (
    "Apache-2.0.txt", "langfuse_langfuse.txt", "nelson-liu_lost-in-the-middle.txt", "openai_grade-school-math.txt",
    "pydantic_pydantic-ai.txt", "sierra-research_tau-bench.txt",
)  # fmt: skip
_TRACE_FIELDS = ("id", "name", "environment", "version", "userId", "sessionId", "tags")
_SCORE_FIELDS = ("id", "name", "value", "source", "comment", "timestamp")
_OBSERVATION_FIELDS = (
    "id", "parentObservationId", "type", "name", "level", "statusMessage", "startTime", "endTime", "input", "output",
    "model", "usageDetails", "costDetails",
)  # fmt: skip
_PRIVATE_RESOURCE = ("host.", "process.")
_QUESTION = re.compile(rb'"question_id": "(nq-[0-9]+)"')
_MATHS_MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
_RAG_VERSIONS = ("bm25-top3", "overlap-top3")


def main(arguments: Sequence[str]) -> int:
    """Write every data file and print its size; return the exit code."""
    if not 1 <= len(arguments) <= 2:
        print("usage: python -m tools.build_demo_data SOURCE [TARGET]", file=sys.stderr)
        return 2
    source = Path(arguments[0])
    target = Path(arguments[1] if len(arguments) == 2 else "src/lodeline/demo/data")
    (target / "licences").mkdir(parents=True, exist_ok=True)
    for name in _LICENCES:
        shutil.copyfile(source / "LICENSES" / name, target / "licences" / name)
    files = {
        "captures.zip.zst": _captures(source / "otlp-captures"),
        "frameworks.jsonl.zst": _jsonl(_frameworks(source / "langfuse-framework-traces")),
        "airline.jsonl.zst": _jsonl(_airline(source / "tau-bench-airline")),
        "rag.zip.zst": _rag(source),
        "maths.jsonl.zst": _jsonl(_maths(source / "gsm8k-models")),
        "pairs.jsonl.zst": _jsonl(_pairs(source / "pandalm-pairwise")),
        "summaries.jsonl.zst": _jsonl(_summaries(source / "xsum-human-ratings")),
        "answers.jsonl.zst": _jsonl(_answers(source / "ragchecker-human")),
        "rubric.jsonl.zst": _jsonl(_rubric(source / "prometheus-rubric-judge")),
    }
    for name, content in files.items():
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
        (target / name).write_bytes(packed)
        print(f"{name}: {len(packed):,} bytes ({len(content):,} unpacked)")
    return 0


def _captures(folder: Path) -> bytes:
    """Return every capture but the RAG application's, with an index of what each one is."""
    index = [row for row in _lines((folder / "index.jsonl").read_bytes()) if "nq-rag-app" not in str(row["file"])]
    index.sort(key=lambda row: str(row["file"]))
    members = {f"{row['file']}.pb": (folder / f"{row['file']}.pb").read_bytes() for row in index}
    kept = [{"file": row["file"], "cassette": row["cassette"]} for row in index]
    return _zip({"index.jsonl": _jsonl(kept), **members})


def _rag(source: Path) -> bytes:
    """Return both versions' captures and the gold answers of the questions they were asked."""
    folder = source / "otlp-captures" / "nq-rag-app"
    captures = {f"{version}.pb": (folder / f"{version}.pb").read_bytes() for version in _RAG_VERSIONS}
    with gzip.open(source / "nq-open-gold" / "nq_open_oracle.jsonl.gz") as stream:
        rows = _lines(stream.read())
    asked = {match.decode() for body in captures.values() for match in _QUESTION.findall(body)}
    gold = [
        {"id": row["id"], "answers": row["answers"], "title": row["gold_title"]} for row in rows if row["id"] in asked
    ]
    return _zip({"gold.jsonl": _jsonl(gold), **captures})


def _airline(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield the conversations in order of task and trial, without what only the simulator needed."""
    with gzip.open(folder / "gpt-4o-airline.jsonl.gz") as stream:
        rows = _lines(stream.read())
    for row in sorted(rows, key=lambda row: (_integer(row["task_id"]), _integer(row["trial"]))):
        info = _mapping(row["info"])
        task = _mapping(info["task"])
        yield {
            "task_id": row["task_id"], "trial": row["trial"], "reward": row["reward"], "user_cost": info["user_cost"],
            "user_id": task["user_id"], "instruction": task["instruction"], "actions": task["actions"],
            "outputs": task["outputs"], "messages": row["traj"],
        }  # fmt: skip


def _maths(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield the questions in their order, with each model's answer as (solution, whether it was judged correct)."""
    with gzip.open(folder / "example_model_solutions.jsonl.gz") as stream:
        rows = _lines(stream.read())
    for row in rows:
        answers = {name: _mapping(row[name]) for name in _MATHS_MODELS}
        yield {
            "index": row["index"], "question": row["question"], "solution": row["ground_truth"],
            "answers": {name: [answer["solution"], answer["is_correct"]] for name, answer in answers.items()},
        }  # fmt: skip


def _pairs(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield pairs of responses with what three people and two models said of them."""
    for row in _gzipped(folder / "pandalm_testset.jsonl.gz"):
        first, second = str(row["cmp_key"]).split("_")
        gpt, own = _mapping(row["gpt35_judge"]), _mapping(row["pandalm7b_judge"])
        yield {
            "idx": row["idx"], "app": row["motivation_app"], "models": [first, second],
            "instruction": row["instruction"], "input": row["input"],
            "responses": [row["response1"], row["response2"]],
            "people": [row[f"annotator{number}"] for number in (1, 2, 3)],
            "judges": {
                "gpt-3.5-turbo": [str(gpt["gpt_result"]), gpt["gpt_reason"]],
                "pandalm-7b": [str(own["pandalm_result"]), own["pandalm_reason"]],
            },
        }  # fmt: skip


def _summaries(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield summaries with each rater's marked spans, as (type, start, end), and verdict on factuality.

    The source counts from 1, but not everywhere, leaves escapes out at times, and takes an escaped line break along
    at others: a span is where its words stand, nearest to the position that is given. That is where the source says
    of 6,123 spans, and up to 11 characters further of 1,054.
    """
    for row in _gzipped(folder / "xsum_annotations.jsonl.gz"):
        marked: dict[str, list[object]] = {}
        for each in map(_mapping, _parsed_list(row["faithfulness"])):
            found = marked.setdefault(str(each["worker_id"]), [])
            if each["hallucination_type"] != "NULL":
                found.append([each["hallucination_type"], *_placed(str(row["summary"]), each)])
        factual = {
            str(each["worker_id"]): each["is_factual"] == "yes"
            for each in map(_mapping, _parsed_list(row["factuality"]))
            if each["is_factual"] in {"yes", "no"}
        }
        yield {
            "document": row["bbcid"], "system": row["system"], "summary": row["summary"], "marked": marked,
            "factual": factual,
        }  # fmt: skip


def _placed(summary: str, mark: Mapping[str, object]) -> tuple[int, int]:
    """Return where a marked span stands in a summary, from 0."""
    words = str(mark["span"]).replace("\\n", "").strip()
    starts = [found.start() for found in re.finditer(f"(?={re.escape(words)})", summary)]
    given = int(str(mark["start"])) - 1
    start = min(starts, key=lambda each: abs(each - given))
    return start, start + len(words)


def _answers(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield pairs of answers of retrieval systems with what two people said of them."""
    for row in _gzipped(folder / "ragchecker_meta_eval.jsonl.gz"):
        models = [_mapping(row["model1"]), _mapping(row["model2"])]
        labels = [_mapping(each) for each in _parsed_list(row["human_labels"])]
        yield {
            "id": row["instance_id"], "dataset": row["dataset"], "query": row["query"], "expected": row["gt_answer"],
            "models": [model["model_name"] for model in models], "responses": [model["response"] for model in models],
            "people": {
                str(each["annotator"]): [each[f"{name}_label"] for name in ("correctness", "completeness", "overall")]
                for each in labels
            },
        }  # fmt: skip


def _rubric(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield answers with the rubric by which one model judged them three times, and what it said."""
    for row in _gzipped(folder / "mt_bench_eval.jsonl.gz"):
        text = str(row["instruction"])
        _, _, text = text.partition("###The instruction to evaluate:")
        asked, _, text = text.partition("###Response to evaluate:")
        response, _, text = text.partition("###Reference Answer (Score 5):")
        reference, _, text = text.partition("###Score Rubrics:")
        rubric, _, _ = text.partition("###Feedback:")
        yield {
            "idx": row["idx"], "model": row["response_source"], "category": row["category"], "asked": asked.strip(),
            "response": response.strip(), "reference": reference.strip(), "rubric": rubric.strip(),
            "verdicts": [
                list(pair)
                for pair in zip(
                    _parsed_list(row["gpt4_score"]), _parsed_list(row["gpt4_feedback"]), strict=True
                )
            ],
        }  # fmt: skip


def _gzipped(path: Path) -> list[Mapping[str, object]]:
    with gzip.open(path) as stream:
        return _lines(stream.read())


def _frameworks(folder: Path) -> Iterable[Mapping[str, object]]:
    """Yield one row a framework: the trace, its scores and its observations."""
    for path in sorted(folder.glob("*.json.gz")):
        export = _mapping(json.loads(gzip.decompress(path.read_bytes())))
        trace = _mapping(export["trace"])
        observations = [_observation(_mapping(row)) for row in _parsed_list(export["observations"])]
        yield {
            "framework": path.name.removesuffix(".json.gz").rsplit("-", 3)[0],
            "trace": {key: trace.get(key) for key in _TRACE_FIELDS} | _metadata(trace),
            "scores": [
                {key: _mapping(score).get(key) for key in _SCORE_FIELDS} for score in _parsed_list(trace["scores"])
            ],
            "observations": sorted(observations, key=lambda row: (str(row["startTime"]), str(row["id"]))),
        }


def _observation(row: Mapping[str, object]) -> dict[str, object]:
    return {key: row.get(key) for key in _OBSERVATION_FIELDS} | _metadata(row)


def _metadata(row: Mapping[str, object]) -> dict[str, object]:
    """Split exported metadata into the OpenTelemetry parts it was made of, and the rest."""
    metadata = dict(_mapping(_parsed(row.get("metadata")) or {}))
    resource = _mapping(metadata.pop("resourceAttributes", None) or {})
    scope = _mapping(metadata.pop("scope", None) or {})
    return {
        "attributes": metadata.pop("attributes", {}),
        "resource": {key: value for key, value in resource.items() if not key.startswith(_PRIVATE_RESOURCE)},
        "scope": {key: scope.get(key) for key in ("name", "version")},
        "metadata": {key: value for key, value in metadata.items() if key != "email"},
    }


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value else value


def _parsed_list(value: object) -> list[object]:
    parsed = _parsed(value)
    if not isinstance(parsed, list):
        raise TypeError(f"a list was expected, not {type(parsed).__name__}")
    return list[object](parsed)  # pyright: ignore[reportUnknownArgumentType] -- JSON from outside


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return dict[str, object](value)  # pyright: ignore[reportUnknownArgumentType] -- JSON from outside


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an integer was expected, not {type(value).__name__}")
    return value


def _lines(content: bytes) -> list[Mapping[str, object]]:
    return [_mapping(json.loads(line)) for line in content.splitlines() if line.strip()]


def _jsonl(rows: Iterable[Mapping[str, object]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def _zip(members: Mapping[str, bytes]) -> bytes:
    """Return an uncompressed archive (it is compressed as a whole afterwards) without times of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
