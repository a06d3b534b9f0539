"""Label schemas and labeling sessions put back into memory as an export took them out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import LabelingItem, LabelingSession, SessionDump
from lodeline.domain.labeling_changes import with_former
from lodeline.storage.memory.run_record import LabelingRecord
from lodeline.storage.memory.state import State


class MemoryLabelingTransfer:
    """The `LabelingTransferStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def sessions(self, experiment_id: ExperimentId) -> Iterator[LabelingSession]:
        with self._state.lock:
            found = [
                record.labeling.current(record.current())
                for record in self._state.runs.values()
                if record.labeling is not None and record.run.experiment_id == experiment_id
            ]
        return iter(found)

    def restore_schema(self, experiment_id: ExperimentId, versions: Sequence[LabelSchema]) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            last = versions[-1]
            for schema_id, known in self._state.label_schemas.items():
                present = schema_id not in self._state.deleted_label_schemas
                same = present and (known[-1].experiment_id, known[-1].name) == (experiment_id, last.name)
                if same or schema_id == last.schema_id:
                    return False
            self._state.label_schemas[last.schema_id] = [replace(v, experiment_id=experiment_id) for v in versions]
            return True

    def restore_session(self, experiment_id: ExperimentId, run_id: RunId, dump: SessionDump) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            record = self._state.runs.get(run_id)
            if record is None or (record.run.experiment_id, record.run.kind) != (experiment_id, "LABELING"):
                return False
            if record.labeling is not None:
                session = record.labeling.current(record.run)
                record.labeling.put(with_former(session, (*dump.former_schemas, *dump.schemas)))
                return False
            record.labeling = LabelingRecord(
                dump.state,
                dump.schemas,
                dump.instructions,
                dump.reviewers,
                dump.policy,
                dump.dataset_id,
                dump.rules,
                former_schemas=dump.former_schemas,
            )
            return True

    def restore_items(self, experiment_id: ExperimentId, items: Sequence[LabelingItem]) -> int:
        with self._state.lock:
            self._state.writable(experiment_id)
            added = 0
            for item in items:
                record = self._state.runs.get(item.run_id)
                if record is None or record.labeling is None or record.run.experiment_id != experiment_id:
                    continue
                places = {each.place for each in record.labeling.items.values()}
                if item.item_id not in record.labeling.items and item.place not in places:
                    record.labeling.items[item.item_id] = item
                    added += 1
            return added
