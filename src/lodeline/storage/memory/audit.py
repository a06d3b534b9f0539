"""The audit trail in memory."""

from lodeline.domain.audit import AuditEntry
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.storage.memory.matching import audit_page
from lodeline.storage.memory.state import State


class MemoryAudit:
    """Implements `storage.base.AuditStore`."""

    def __init__(self, state: State):
        self._state = state

    def append(self, entry: AuditEntry) -> None:
        with self._state.lock:
            self._state.record(entry)

    def search(self, search: Search) -> Page[AuditEntry]:
        with self._state.lock:
            return audit_page(self._state, search)
