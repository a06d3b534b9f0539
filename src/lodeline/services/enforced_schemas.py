"""What people log outside of labeling sessions, held to the label schema of its name where the experiment says so."""

from lodeline.domain.assessment import AssessmentTarget, SourceKind
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import TraceId
from lodeline.domain.label_schema import LabelSchema, canonical_value
from lodeline.domain.labeling import ReviewForm
from lodeline.domain.labeling_checks import quoted_form
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import markable
from lodeline.services.label_schemas import schemas_in
from lodeline.services.record_sources import content_of
from lodeline.storage.base import Stores


class EnforcedSchemas:
    """The label schemas of one experiment that hold judgments of people; none unless it enforces them."""

    def __init__(self, stores: Stores, experiment: Experiment) -> None:
        self._stores = stores
        held = schemas_in(stores, experiment) if experiment.settings.enforce_label_schemas else ()
        self._by_name = {schema.name: schema for schema in held}

    def check(self, source: SourceKind, name: str, value: JsonValue, target: AssessmentTarget) -> None:
        """Return when a judgment may be logged; Invalid, naming schema and value, when the schema of its name does
        not let in what a person says."""
        schema = self._by_name.get(name)
        if source != "HUMAN" or value is None or schema is None:
            return
        kept = canonical_value(schema, value)
        if schema.input.kind == "spans" and target.trace_id is not None and target.span_id is None:
            self._check_spans(schema, kept, target.trace_id)

    def _check_spans(self, schema: LabelSchema, value: JsonValue, trace_id: TraceId) -> None:
        """Refuse spans that do not lie in the texts of their trace."""
        for trace in self._stores.traces.get([trace_id]):
            request, response = content_of(self._stores, trace)
            texts = markable([{"request": request, "response": response}])
            quoted_form(ReviewForm({schema.name: value}), [schema], texts)
