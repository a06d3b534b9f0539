"""All services over an empty store, for tests of use cases."""

from collections.abc import Generator
from contextlib import contextmanager

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.domain.experiment import Experiment, ExperimentDraft, ExperimentSettings
from lodeline.services.bundle import Bounds, Services, assemble
from lodeline.storage.open import open_stores
from tests.clock import SettableClock
from tests.services.access import CHEAP


@contextmanager
def services_over(url: str = "memory:", bounds: Bounds | None = None) -> Generator[Services]:
    """Give the services over the store of `url`; their clock is a `SettableClock`."""
    credentials = Credentials(Passwords(CHEAP), SecretHasher(random_pepper()), Throttle())
    services = assemble(open_stores(url), credentials, SettableClock(), bounds)
    try:
        yield services
    finally:
        services.close()


def clock_of(services: Services) -> SettableClock:
    """Return the clock, to move it."""
    assert isinstance(services.clock, SettableClock)
    return services.clock


def make(services: Services, name: str = "app", settings: ExperimentSettings | None = None) -> Experiment:
    """Create an experiment."""
    return services.experiments.create(LOCAL, ExperimentDraft(name, settings=settings or ExperimentSettings()))
