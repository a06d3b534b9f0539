"""Throttle: makes guessing passwords slow, by name and by address, in bounded memory that processes may share."""

import ipaddress
import mmap
import secrets
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from tempfile import TemporaryFile
from typing import IO, Literal

from lodeline.domain.errors import TooManyAttempts

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

SLOTS = 65_536
FORGET_MS = 3_600_000
_KEY_BYTES = 32
_MARK_BYTES = 8
_SLOT = Struct("=QQQ")
_BYTES = _KEY_BYTES + SLOTS * (2 * _SLOT.size + _MARK_BYTES)


@dataclass(frozen=True, slots=True)
class Limit:
    """After `free` failures in a row wait `first_ms`, after each further one twice as long, up to `most_ms`."""

    free: int
    first_ms: int
    most_ms: int

    def wait_ms(self, failures: int) -> int:
        """Return how long to wait after this many failures."""
        if failures < self.free:
            return 0
        return min(self.first_ms << min(failures - self.free, 30), self.most_ms)


NAME_LIMIT = Limit(free=5, first_ms=1_000, most_ms=60_000)
"""Low, since anybody can lock a name: at worst 1,440 guesses a day, from however many addresses."""
ADDRESS_LIMIT = Limit(free=20, first_ms=1_000, most_ms=900_000)
"""Many people may share an address."""


class Tables:
    """The counts of refused logins: memory of a fixed size, of one process or shared by several through a file.

    Names and addresses fall into slots by a keyed hash, so nobody can choose names that fall into one slot.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        """Take the memory of a file that `shared_tables` made; None: of this process alone."""
        self._descriptor = descriptor
        self._memory = mmap.mmap(-1 if descriptor is None else descriptor, _BYTES)
        if descriptor is None:
            self._memory[:_KEY_BYTES] = secrets.token_bytes(_KEY_BYTES)
        self._key = self._memory[:_KEY_BYTES]
        self._lock = threading.Lock()

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep every other thread and process out."""
        with self._lock:
            if self._descriptor is None or fcntl is None:
                yield
                return
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)  # not flock: those who inherit a file share its lock
            try:
                yield
            finally:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def slot(self, table: Literal["name", "address"], key: str, now_ms: int | None = None) -> "Slot":
        """Return the slot of a name or an address; one whose failures are older than `FORGET_MS` is empty."""
        number = self._hash(table, key) % SLOTS
        at = _KEY_BYTES + (number + (SLOTS if table == "address" else 0)) * _SLOT.size
        failures, last_ms, until_ms = _SLOT.unpack_from(self._memory, at)
        if now_ms is not None and now_ms - last_ms > FORGET_MS:
            failures = until_ms = 0
        return Slot(at, failures, last_ms, until_ms)

    def keep(self, slot: "Slot") -> None:
        """Write a slot back."""
        _SLOT.pack_into(self._memory, slot.at, slot.failures, slot.last_ms, slot.until_ms)

    def note_known(self, name: str, network: str) -> None:
        """Remember that this name has signed in from there; a later pair may take the place."""
        at, mark = self._known(name, network)
        self._memory[at : at + _MARK_BYTES] = mark

    def is_known(self, name: str, network: str) -> bool:
        """Tell whether that is remembered."""
        at, mark = self._known(name, network)
        return self._memory[at : at + _MARK_BYTES] == mark

    def _known(self, name: str, network: str) -> tuple[int, bytes]:
        number = self._hash("known", f"{name}\0{network}")
        mark = (number >> 16).to_bytes(_MARK_BYTES, "big")
        return _KEY_BYTES + 2 * SLOTS * _SLOT.size + number % SLOTS * _MARK_BYTES, mark

    def _hash(self, table: str, key: str) -> int:
        text = f"{table}\0{key}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, key=self._key, digest_size=_MARK_BYTES + 2).digest(), "big")


@dataclass(slots=True)
class Slot:
    """Refused attempts that fell into one slot: how many, the last of them, and until when the next must wait."""

    at: int
    failures: int
    last_ms: int
    until_ms: int


def shared_tables() -> IO[bytes]:
    """Return a nameless file for the tables of several processes, to be given to each by its descriptor."""
    made = TemporaryFile()  # noqa: SIM115 - for the caller to close
    made.write(secrets.token_bytes(_KEY_BYTES))
    made.truncate(_BYTES)
    made.flush()
    return made


class Throttle:
    """Counts refused logins; thread-safe, forgotten an hour after the last failure.

    Every attempt counts as a failure until it `succeeded`, so guesses sent in parallel count like any others. Names
    and addresses have 65,536 slots each: memory is bounded and nobody can flush the count of a name by trying others;
    two names may, very seldom, share a slot. An address from which a name has signed in before is not held up by that
    name's slot, so that locking somebody else out takes guessing from their address.
    """

    def __init__(
        self, name_limit: Limit = NAME_LIMIT, address_limit: Limit = ADDRESS_LIMIT, *, tables: Tables | None = None
    ):
        self._name_limit = name_limit
        self._address_limit = address_limit
        self._tables = tables or Tables()

    def attempt(self, name: str, address: str | None, now_ms: int) -> None:
        """Count an attempt; TooManyAttempts, counting nothing, when it comes too early after refused ones."""
        name, network, tables = name.casefold(), network_of(address), self._tables
        with tables.held():
            limits: list[tuple[Slot, Limit]] = []
            if network is not None:
                limits.append((tables.slot("address", network, now_ms), self._address_limit))
            if network is None or not tables.is_known(name, network):
                limits.append((tables.slot("name", name, now_ms), self._name_limit))
            wait_ms = max((slot.until_ms - now_ms for slot, _ in limits), default=0)
            if wait_ms > 0:
                raise TooManyAttempts(
                    f"too many failed attempts to sign in; try again in {-(-wait_ms // 1000)} s.",
                    retry_after_s=wait_ms / 1000,
                )
            for slot, limit in limits:
                slot.failures += 1
                slot.last_ms = now_ms
                slot.until_ms = now_ms + limit.wait_ms(slot.failures)
                tables.keep(slot)

    def succeeded(self, name: str, address: str | None) -> None:
        """Take back the attempt just counted, and forget the name's failures, but not what else the address tried."""
        self.take_back(name, address)
        name, network, tables = name.casefold(), network_of(address), self._tables
        with tables.held():
            slot = tables.slot("name", name)
            slot.failures = slot.until_ms = 0
            tables.keep(slot)
            if network is not None:
                tables.note_known(name, network)

    def take_back(self, name: str, address: str | None) -> None:
        """Uncount the attempt just counted: it was neither right nor wrong."""
        network, tables = network_of(address), self._tables
        with tables.held():
            slots = [tables.slot("name", name.casefold())]
            if network is not None:
                slots.append(tables.slot("address", network))
            for slot in slots:
                if slot.failures > 0:
                    # It was let in as the wait before it was over; and while it was counted, nobody else was.
                    slot.failures -= 1
                    slot.until_ms = 0
                    tables.keep(slot)


def network_of(address: str | None) -> str | None:
    """Return what counts as one address: of IPv6 the /64 network, which one subscriber has whole."""
    if address is None:
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))
    return str(parsed)
