"""Sending dead letters again, once the reason why they were refused is gone."""

from dataclasses import dataclass
from pathlib import Path

from lodeline.sdk.delivery.dead_letters import DeadLetter, read_letters
from lodeline.sdk.delivery.exchange import EXPERIMENT_HEADER, INSTANCE_HEADER, SEQUENCE_HEADER, Exchange
from lodeline.sdk.delivery.settings import DeliverySettings


@dataclass(frozen=True, slots=True)
class Resent:
    """What became of the dead letters of a spool: how many requests were `taken`, with `spans` in them, and `kept`.

    `elsewhere` of the kept ones are for another endpoint, to which alone they may go, or do not say for which.
    `unreachable` tells that the server did not answer, so that the rest was not tried. `reason` is why one of the
    others was kept.
    """

    taken: int = 0
    spans: int = 0
    kept: int = 0
    elsewhere: int = 0
    unreachable: bool = False
    reason: str = ""


def resend_letters(settings: DeliverySettings) -> Resent:
    """Send the dead letters for the settings' endpoint again, oldest first, and remove those that are wholly taken.

    Each goes where it went before, with its own number, so a letter that is sent twice changes nothing. Programs may
    be using the spool meanwhile.
    """
    if settings.spool_dir is None:
        return Resent()
    taken = spans = kept = elsewhere = 0
    unreachable, reason = False, ""
    exchange = Exchange(settings)
    try:
        for file, letter in read_letters(settings.spool_dir):
            if letter is None or letter.endpoint != settings.endpoint:
                elsewhere += 1
                kept += 1
                continue
            failure = None if unreachable else _send(exchange, file, letter)
            if unreachable or failure is not None:
                kept += 1
                unreachable = unreachable or (failure is not None and failure.unreachable)
                reason = failure.reason if failure is not None else reason
                continue
            taken += 1
            spans += letter.spans
    finally:
        exchange.close()
    return Resent(taken, spans, kept, elsewhere, unreachable, reason)


@dataclass(frozen=True, slots=True)
class _Failure:
    unreachable: bool
    reason: str


def _send(exchange: Exchange, file: Path, letter: DeadLetter) -> _Failure | None:
    """Send one letter and remove its files; return why that failed, else None."""
    headers = {INSTANCE_HEADER: letter.instance, SEQUENCE_HEADER: letter.sequence}
    if letter.experiment is not None:
        headers[EXPERIMENT_HEADER] = letter.experiment
    try:
        body = file.read_bytes()
    except FileNotFoundError:  # someone else has just sent it
        return None
    except OSError as error:
        return _Failure(False, f"{file} cannot be read ({error.strerror})")
    answer = exchange.post(body, headers)
    if answer.kind != "accepted" or answer.rejected:
        return _Failure(answer.kind == "later" and answer.status is None, answer.message)
    file.unlink(missing_ok=True)
    file.with_suffix(".json").unlink(missing_ok=True)
    return None
