"""Throttle: makes guessing passwords slow, by name and by address, in bounded memory."""

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass

from lodeline.domain.errors import TooManyAttempts

SLOTS = 65_536
KNOWN = 10_000
FORGET_MS = 3_600_000


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


@dataclass(slots=True)
class _Slot:
    failures: int = 0
    last_ms: int = 0
    until_ms: int = 0


class Throttle:
    """Counts refused logins; thread-safe, per process, forgotten an hour after the last failure.

    Every attempt counts as a failure until it `succeeded`, so guesses sent in parallel count like any others. Names
    and addresses fall into 65,536 slots each by a secret hash: memory is bounded and nobody can flush the count of a
    name by trying others; two names may, very seldom, share a slot. An address from which a name has signed in
    before is not held up by that name's slot, so that locking somebody else out takes guessing from their address.
    """

    def __init__(self, name_limit: Limit = NAME_LIMIT, address_limit: Limit = ADDRESS_LIMIT):
        self._name_limit = name_limit
        self._address_limit = address_limit
        self._lock = threading.Lock()
        self._names: dict[int, _Slot] = {}
        self._addresses: dict[int, _Slot] = {}
        self._known: OrderedDict[int, None] = OrderedDict()

    def attempt(self, name: str, address: str | None, now_ms: int) -> None:
        """Count an attempt; TooManyAttempts, counting nothing, when it comes too early after refused ones."""
        network = network_of(address)
        with self._lock:
            limits: list[tuple[_Slot, Limit]] = []
            if network is not None:
                limits.append((self._slot(self._addresses, network, now_ms), self._address_limit))
            if hash((name.casefold(), network)) not in self._known:
                limits.append((self._slot(self._names, name.casefold(), now_ms), self._name_limit))
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

    def succeeded(self, name: str, address: str | None) -> None:
        """Take back the attempt just counted, and forget the name's failures, but not what else the address tried."""
        self.take_back(name, address)
        network = network_of(address)
        with self._lock:
            self._names.pop(hash(name.casefold()) % SLOTS, None)
            if network is None:
                return
            pair = hash((name.casefold(), network))
            self._known[pair] = None
            self._known.move_to_end(pair)
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def take_back(self, name: str, address: str | None) -> None:
        """Uncount the attempt just counted: it was neither right nor wrong."""
        network = network_of(address)
        with self._lock:
            limits = [(self._names.get(hash(name.casefold()) % SLOTS), self._name_limit)]
            if network is not None:
                limits.append((self._addresses.get(hash(network) % SLOTS), self._address_limit))
            for slot, limit in limits:
                if slot is not None and slot.failures > 0:
                    slot.failures -= 1
                    slot.until_ms = slot.last_ms + limit.wait_ms(slot.failures)

    def _slot(self, slots: dict[int, _Slot], key: str, now_ms: int) -> _Slot:
        slot = slots.setdefault(hash(key) % SLOTS, _Slot())
        if now_ms - slot.last_ms > FORGET_MS:
            slot.failures = slot.until_ms = 0
        return slot


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
