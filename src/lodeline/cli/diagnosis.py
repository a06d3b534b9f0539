"""What `lodeline doctor` looks at. Nothing here needs more than the bare installation."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from lodeline.cli.exits import NEGATIVE, OK, UNAVAILABLE
from lodeline.cli.texts import duration, moment, size
from lodeline.domain.delivery import format_ranges
from lodeline.domain.errors import LodelineError, NotFound, Unavailable
from lodeline.domain.ids import is_experiment_id
from lodeline.domain.operation import ServerInfo
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.delivery.inspection import InstanceReport, SpoolReport, inspect_spool
from lodeline.sdk.delivery.resending import resend_letters
from lodeline.sdk.delivery.settings import TRACES_PATH, DeliverySettings, endpoint_of

Verdict = Literal["ok", "warn", "fail", "unreachable"]
_SKEW_MS = 5_000
_SHOWN = 5
_LITTLE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. A `fail` is data lost, or that will not arrive as things are."""

    check: str
    verdict: Verdict
    text: str
    details: Mapping[str, object] = field(default_factory=dict[str, object])


def diagnose(server: str | None, key: str | None, spool_dir: str | None, *, resend: bool) -> Sequence[Finding]:
    """Return what is found; with `resend` after sending the dead letters for this server again.

    Invalid for settings that cannot be used.
    """
    env = _environment(server, key, spool_dir)
    settings = DeliverySettings.from_env(env)
    findings = list(_configuration(settings, env))
    reached, found = _server(settings)
    findings += reached
    if resend:
        findings.append(_resend(settings))
    report = SpoolReport((), ()) if settings.spool_dir is None else inspect_spool(settings.spool_dir)
    findings += _spool(settings, report)
    if found:
        findings += _gaps(settings, report)
    return findings


def verdict_code(findings: Sequence[Finding]) -> int:
    """Return the exit code: 1 when something is lost or will not arrive, 4 when the server cannot be reached."""
    verdicts = {finding.verdict for finding in findings}
    return NEGATIVE if "fail" in verdicts else UNAVAILABLE if "unreachable" in verdicts else OK


def _environment(server: str | None, key: str | None, spool_dir: str | None) -> dict[str, str]:
    """Return the environment as a program would see it that is given these options by variables."""
    given = {"LODELINE_URL": server, "LODELINE_KEY": key, "LODELINE_SPOOL_DIR": spool_dir}
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def _configuration(settings: DeliverySettings, env: Mapping[str, str]) -> Iterator[Finding]:
    source = endpoint_of(env)[1]
    given = {
        "endpoint": f"{settings.endpoint} ({source or 'default'})",
        "experiment": f"{settings.experiment} (LODELINE_EXPERIMENT)" if settings.experiment else "as spans say",
        "credentials": "given" if "authorization" in settings.headers else "none",
        "spool": _spool_source(settings, env),
        "compression": settings.compression,
        "flush_roots": settings.flush_roots,
    }
    for name in ("endpoint", "experiment", "credentials", "spool"):
        yield Finding(name, "ok", str(given[name]), given if name == "endpoint" else {})


def _spool_source(settings: DeliverySettings, env: Mapping[str, str]) -> str:
    if settings.spool_dir is None:
        return "in memory only (LODELINE_SPOOL_DIR)"
    source = "LODELINE_SPOOL_DIR" if env.get("LODELINE_SPOOL_DIR") else "default"
    return f"{settings.spool_dir} ({source}), at most {size(settings.max_spool_bytes)} for each process"


def _client(settings: DeliverySettings) -> LodelineClient:
    key = settings.headers.get("authorization", "").removeprefix("Bearer ") or None
    return LodelineClient(settings.endpoint.removesuffix(TRACES_PATH), key, max_retries=0)


def _server(settings: DeliverySettings) -> tuple[list[Finding], bool]:
    """Return what is found about the server, and whether it is one of ours that answers this key."""
    client = _client(settings)
    try:
        before_ms = time.time_ns() / 1e6
        try:
            info = client.server.get()
        except Unavailable as error:
            return [Finding("server", "unreachable", error.message)], False
        except NotFound:
            return [Finding("server", "warn", "something answers there that is no Lodeline server")], False
        except LodelineError as error:
            return [Finding("server", "fail", f"{error.message} (set LODELINE_KEY)")], False
        half_ms = (time.time_ns() / 1e6 - before_ms) / 2
        backend = info.capabilities.backend
        text = f"Lodeline {info.version}, store {backend}, answers in {duration(round(half_ms * 2e6))}"
        found = [Finding("server", "ok", text, asdict(info)), _clock(info, before_ms + half_ms, half_ms)]
        return [*found, *_rights(client, settings)], True
    finally:
        client.close()


def _clock(info: ServerInfo, here_ms: float, half_ms: float) -> Finding:
    skew_ms = round(info.time_ms - here_ms)
    verdict = "ok" if abs(skew_ms) <= _SKEW_MS + half_ms else "warn"
    relation = "behind" if skew_ms > 0 else "ahead of"
    text = f"this machine is {abs(skew_ms):,} ms {relation} the server, give or take {half_ms:.0f} ms"
    return Finding("clock", verdict, text, {"skew_ms": -skew_ms})


def _rights(client: LodelineClient, settings: DeliverySettings) -> Iterator[Finding]:
    try:
        client.otlp.export(b"")
        yield Finding("permission", "ok", "the server takes traces with these credentials")
    except LodelineError as error:
        yield Finding("permission", "fail", error.message)
        return
    if settings.experiment is None:
        return
    by_id = is_experiment_id(settings.experiment)
    try:
        if by_id:
            client.experiments.get(settings.experiment)
        else:
            client.experiments.find(settings.experiment)
        yield Finding("experiment", "ok", f"{settings.experiment} exists")
    except NotFound as error:
        remedy = "create it first." if by_id else "The first span makes it, if the key may."
        yield Finding("experiment", "fail" if by_id else "warn", f"{error.message} {remedy}")
    except LodelineError as error:
        yield Finding("experiment", "warn", f"cannot be looked up with this key: {error.message}")


def _spool(settings: DeliverySettings, report: SpoolReport) -> Iterator[Finding]:
    if settings.spool_dir is None:
        yield Finding("waiting", "warn", "programs keep what is not sent in memory only: it is lost when they end")
        return
    if (problem := _unwritable(settings.spool_dir)) is not None:
        yield Finding("waiting", "fail", f"{settings.spool_dir} cannot be written ({problem})")
    elif (free_bytes := _free_bytes(settings.spool_dir)) < _LITTLE_BYTES:
        text = f"the disk of {settings.spool_dir} has {size(free_bytes)} left; without room traces wait in memory"
        yield Finding("waiting", "warn", text)
    alive = [each for each in report.instances if each.alive]
    left = [each for each in report.instances if not each.alive and each.size_bytes]
    yield Finding(
        "programs",
        "ok",
        f"{len(alive)} running, {_sum(alive, 'sent'):,} spans sent, {sum(each.spans for each in alive):,} waiting",
        {"instances": report.instances},
    )
    for each in alive:
        if each.status.get("spool") == "memory":
            text = f"process {each.meta.pid} keeps what is not sent in memory, since its spool cannot be written"
            yield Finding("waiting", "warn", text)
    for each in left:
        mine = each.meta.endpoint == settings.endpoint
        what = "the next program that sends there takes them" if mine else f"they are for {each.meta.endpoint}"
        text = f"{each.spans:,} spans ({size(each.size_bytes)}) left by process {each.meta.pid}; {what}"
        yield Finding("left behind", "warn", text)
        if each.damaged_bytes:
            yield Finding("damaged", "fail", f"{each.damaged_bytes:,} bytes of {each.meta.instance} cannot be read")
    yield from _losses(report)


def _losses(report: SpoolReport) -> Iterator[Finding]:
    for each in report.instances:
        if each.dropped:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in each.dropped.items())
            yield Finding("lost", "fail", f"process {each.meta.pid}: {reasons}")
    errors = [each for each in report.instances if each.status.get("last_error")]
    for each in errors[-_SHOWN:]:
        at = moment(each.count("last_error_ms")) or "?"
        sent = each.count("last_sent_ms")
        over = sent > each.count("last_error_ms")
        text = f"{at} process {each.meta.pid}: {each.status.get('last_error')}"
        yield Finding("last error", "ok" if over else "warn", text)
    if not report.dead_letters:
        yield Finding("dead letters", "ok", "none")
        return
    refused = sum(each.letter.refused for each in report.dead_letters if each.letter is not None)
    folder = Path(report.dead_letters[0].file).parent
    last = report.dead_letters[-1].letter
    why = "" if last is None else f"; the last one: {last.reason}"
    again = "; when its cause is gone: lodeline doctor --resend"
    text = f"{len(report.dead_letters)} requests with {refused:,} refused spans in {folder}{why}{again}"
    yield Finding("dead letters", "fail", text, {"letters": report.dead_letters})


def _gaps(settings: DeliverySettings, report: SpoolReport) -> Iterator[Finding]:
    """Compare with what the server has of each process; what still waits here is no gap."""
    client = _client(settings)
    mine = [each for each in report.instances if each.meta.endpoint == settings.endpoint]
    found = missing = 0
    try:
        for each in mine:
            try:
                delivery = client.deliveries.get(each.meta.instance)
            except LodelineError:
                continue
            found += 1
            if delivery.missing and not each.size_bytes:
                missing += delivery.missing
                gaps = format_ranges(delivery.gaps)
                text = f"process {each.meta.pid}: {delivery.missing:,} batches did not arrive: {gaps}"
                yield Finding("gaps", "fail", text, asdict(delivery))
    finally:
        client.close()
    if not missing:
        yield Finding("gaps", "ok", _no_gaps(found, len(mine)))


def _no_gaps(found: int, processes: int) -> str:
    if not processes:  # a process that ends with everything delivered takes its spool with it
        return "none: no process here has anything to deliver to this server, or ended before that"
    return f"none in what arrived from {found:,} of the {processes:,} processes that deliver to this server"


def _resend(settings: DeliverySettings) -> Finding:
    """Send the dead letters for this server again, and say what became of them."""
    result = resend_letters(settings)
    text = f"{result.taken:,} requests with {result.spans:,} spans taken by the server, {result.kept:,} kept"
    if result.elsewhere:
        text += f"; {result.elsewhere:,} of them are for other servers: name theirs by --server"
    if result.reason:
        text += f"; the last one: {result.reason}"
    verdict = "unreachable" if result.unreachable else "warn" if result.kept else "ok"
    return Finding("sent again", verdict, text, asdict(result))


def _unwritable(spool_dir: Path) -> str | None:
    """Return why a folder cannot be written; None when it can. Makes nothing."""
    nearest = next((each for each in (spool_dir, *spool_dir.absolute().parents) if each.exists()), None)
    if nearest is None:
        return "no folder above it exists"
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    return None if os.access(nearest, os.W_OK | os.X_OK) else f"no permission to write in {nearest}"


def _free_bytes(folder: Path) -> int:
    """Return how much room this user has on the disk of a folder that is there or can be made."""
    nearest = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(nearest).free


def _sum(instances: Sequence[InstanceReport], name: str) -> int:
    return sum(each.count(name) for each in instances)
