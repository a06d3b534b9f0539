"""One of the ways to the server: a connection, and the requests that go over it one after the other."""

from typing import Literal

from lodeline.sdk.delivery.exchange import EXPERIMENT_HEADER, INSTANCE_HEADER, SEQUENCE_HEADER, Answer, Exchange
from lodeline.sdk.delivery.in_flight import Batch
from lodeline.sdk.delivery.outcomes import Outcomes
from lodeline.sdk.delivery.splitting import split
from lodeline.sdk.delivery.stats import Ledger
from lodeline.sdk.delivery.turns import Turn, Turns

_DOUBTFUL_ANSWERS = 10
"""So many of them are taken for a refusal; an outage that ends with one of them is none."""
Fate = Literal["done", "too_large", "stopped"]


class Lane:
    """Sends batches until their fate is known; used by one thread at a time."""

    def __init__(self, exchange: Exchange, turns: Turns, outcomes: Outcomes, ledger: Ledger) -> None:
        self.exchange = exchange
        self._turns = turns
        self._outcomes = outcomes
        self._ledger = ledger

    def send(self, batch: Batch) -> Fate:
        """Send a batch: done, whatever became of it; too large, when it has several records; or stopped, when it is
        time to end before its fate is known."""
        body = batch.body
        fate = self._push(batch, body, batch.spans, batch.sequence)
        if fate == "too_large" and len(batch.records) == 1:
            return self._push_parts(batch, body, batch.spans, batch.sequence)
        return fate

    def close(self) -> None:
        """Let go of the connection; again is fine."""
        self.exchange.close()

    def _push_parts(self, batch: Batch, body: bytes, spans: int, sequence: str) -> Fate:
        """Send a request in halves, and these in halves, as far as the server wants it.

        Only the last part bears the sequence number, since the number says that all of the record has arrived.
        """
        parts = split(body)
        if parts is None:
            self._outcomes.refuse(
                batch, body, spans, spans, Answer("refused", "413: a single span is too large", 413)
            )
            return "done"
        for (part, count), numbers in zip(parts, ("", sequence), strict=True):
            fate = self._push(batch, part, count, numbers)
            if fate == "too_large":
                fate = self._push_parts(batch, part, count, numbers)
            if fate == "stopped":
                return fate
        return "done"

    def _push(self, batch: Batch, body: bytes, spans: int, sequence: str) -> Fate:
        """Send one request as often as is needed."""
        headers: dict[str, str] = {}
        if sequence:
            headers |= {INSTANCE_HEADER: batch.meta.instance, SEQUENCE_HEADER: sequence}
        if batch.meta.experiment is not None:
            headers[EXPERIMENT_HEADER] = batch.meta.experiment
        failed = doubts = 0
        last: Turn | None = None
        while (turn := self._turns.enter(batch, failed, last)) is not None:
            last = turn
            before_bytes = self.exchange.sent_bytes
            self._ledger.note_request(again=failed > 0)
            answer = self._post(turn, body, headers)
            if answer.kind == "later":
                failed += 1
                doubts += answer.doubtful
                if not (answer.doubtful and doubts >= _DOUBTFUL_ANSWERS):
                    self._outcomes.note_failure(answer)
                    continue
            if answer.kind == "too_large":
                return "too_large"
            if answer.kind == "accepted":
                self._outcomes.accept(batch, body, spans, answer, self.exchange.sent_bytes - before_bytes)
            else:
                self._outcomes.refuse(batch, body, spans, spans, answer)
            return "done"
        return "stopped"

    def _post(self, turn: Turn, body: bytes, headers: dict[str, str]) -> Answer:
        answer = Answer("later", "the request failed", doubtful=True)
        try:
            answer = self.exchange.post(body, headers)
        finally:
            self._turns.leave(turn, answer)
        return answer
