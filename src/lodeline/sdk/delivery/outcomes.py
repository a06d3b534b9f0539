"""What becomes of requests: counted, kept as dead letters where they are refused, and said in the log."""

import logging
import threading

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.dead_letters import DeadLetters, new_letter
from lodeline.sdk.delivery.exchange import Answer
from lodeline.sdk.delivery.in_flight import Batch
from lodeline.sdk.delivery.stats import Ledger

_LOG = logging.getLogger("lodeline.delivery")
_SAID = 20


class Outcomes:
    """Notes the fate of each request of one process. Thread-safe."""

    def __init__(self, backlog: Backlog, ledger: Ledger) -> None:
        settings = backlog.settings
        self._endpoint = settings.endpoint
        self._backlog = backlog
        self._ledger = ledger
        self._dead_letters = DeadLetters(settings.spool_dir, max_bytes=settings.max_dead_letter_bytes)
        self._gate = threading.Lock()
        self._unreachable = False
        """Whether the last attempt failed."""
        self._said: set[str] = set()

    def accept(self, batch: Batch, body: bytes, spans: int, answer: Answer, size_bytes: int) -> None:
        """Note a request that the server has taken, of which it may have rejected spans."""
        with self._gate:
            again, self._unreachable = self._unreachable, False
        if again:
            _LOG.info("Traces are delivered to %s again.", self._endpoint)
        rejected = min(answer.rejected, spans)
        self._ledger.note_sent(spans - rejected, size_bytes, own=batch.own)
        if rejected:
            self.refuse(batch, body, spans, rejected, answer)

    def refuse(self, batch: Batch, body: bytes, spans: int, refused: int, answer: Answer) -> None:
        """Keep a request as a dead letter and count the spans in it that were refused."""
        letter = new_letter(
            instance=batch.meta.instance,
            sequence=batch.sequence,
            endpoint=batch.meta.endpoint,
            experiment=batch.meta.experiment,
            spans=spans,
            refused=refused,
            status=answer.status,
            reason=answer.message,
        )
        with self._gate:
            file = self._dead_letters.keep(letter, body)
            said = len(self._said) >= _SAID or answer.message in self._said
            if not said:
                self._said.add(answer.message)
        self._ledger.note_refused(refused, own=batch.own)
        self._ledger.note_error(f"{refused} of {spans} spans refused by {self._endpoint}: {answer.message}")
        if not said:
            _LOG.warning(
                "%s does not take %d of %d spans (%s); they are %s. See 'lodeline doctor'.",
                self._endpoint,
                refused,
                spans,
                answer.message,
                f"kept in {file}" if file is not None else "not kept, since there is no room for them on disk",
            )

    def note_failure(self, answer: Answer) -> None:
        """Note an attempt that failed and will be made again."""
        self._ledger.note_error(answer.message)
        with self._gate:
            said, self._unreachable = self._unreachable, True
        if not said:
            _LOG.warning(
                "Traces cannot be delivered to %s now (%s); they wait %s and are sent when it answers.",
                self._endpoint,
                answer.message,
                "on disk" if self._backlog.on_disk else "in memory",
            )
