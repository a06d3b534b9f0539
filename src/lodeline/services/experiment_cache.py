"""Experiments as the hot paths need them: found by id or name without asking the store each time."""

import threading
import time
from collections import OrderedDict

from lodeline.domain.errors import NotFound
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.storage.base import ExperimentStore

MAX_AGE_S = 1.0
MAX_ENTRIES = 10_000


class ExperimentCache:
    """Bounded, thread-safe; an answer is at most `MAX_AGE_S` old, and fresh after `forget` in this process.

    Another process's change is therefore seen within `MAX_AGE_S`. Only found experiments are kept.
    """

    def __init__(self, store: ExperimentStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._by_id: OrderedDict[str, tuple[float, Experiment]] = OrderedDict()
        self._ids: OrderedDict[str, ExperimentId] = OrderedDict()
        self._generation = 0

    def get(self, experiment_id: ExperimentId) -> Experiment:
        """Return it, deleted or not; NotFound when unknown or purged."""
        with self._lock:
            kept = self._by_id.get(experiment_id)
            generation = self._generation
        if kept is not None and time.monotonic() - kept[0] < MAX_AGE_S:
            return kept[1]
        return self._keep(self._store.get(experiment_id), generation)

    def find(self, name: str) -> Experiment | None:
        """Return the experiment of exactly this name, deleted or not; None when there is none."""
        with self._lock:
            ident = self._ids.get(name)
            generation = self._generation
        if ident is not None:
            try:
                known = self.get(ident)
            except NotFound:
                known = None
            if known is not None and known.name == name:
                return known
        found = self._store.find(name)
        return None if found is None else self._keep(found, generation)

    def resolve(self, id_or_name: str) -> Experiment | None:
        """Return the experiment of this id, or else of this name; None when there is neither."""
        return self.by_id(id_or_name) or self.find(id_or_name)

    def by_id(self, text: str) -> Experiment | None:
        """Return the experiment of this id, deleted or not; None when it is unknown or no id at all."""
        if not is_experiment_id(text):
            return None
        try:
            return self.get(ExperimentId(text))
        except NotFound:
            return None

    def forget(self) -> None:
        """Drop everything: an experiment changed. Changes are rare, so nothing finer is needed."""
        with self._lock:
            self._by_id.clear()
            self._ids.clear()
            self._generation += 1

    def _keep(self, experiment: Experiment, generation: int) -> Experiment:
        with self._lock:
            if generation == self._generation:  # else it was read before a change that is already known
                self._by_id[experiment.experiment_id] = (time.monotonic(), experiment)
                self._ids[experiment.name] = experiment.experiment_id
                for kept in (self._by_id, self._ids):
                    while len(kept) > MAX_ENTRIES:
                        kept.popitem(last=False)
        return experiment
