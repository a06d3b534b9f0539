"""Lodeline: traces, evaluation and improvement of GenAI applications."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.domain.assessment import AssessmentError, AssessmentSource
    from lodeline.domain.labeling import ReviewPolicy
    from lodeline.domain.prompt import ChatMessage
    from lodeline.domain.scorer import Feedback
    from lodeline.evals.judges.judge import make_judge
    from lodeline.evals.scoring.bound import scorer
    from lodeline.evals.scoring.protocol import Scorer
    from lodeline.local import connect, connect_async
    from lodeline.sdk.alignment.align import align_judge
    from lodeline.sdk.alignment.registry import load_judge, register_judge
    from lodeline.sdk.attachments import log_attachment
    from lodeline.sdk.autolog.switch import autolog
    from lodeline.sdk.client.clients import AsyncLodelineClient, LodelineClient
    from lodeline.sdk.datasets.handle import Dataset
    from lodeline.sdk.datasets.rows import Columns
    from lodeline.sdk.decorator import trace
    from lodeline.sdk.default_client import default_client, set_default_client
    from lodeline.sdk.evaluation.evaluate import evaluate, rescore, resume_evaluation
    from lodeline.sdk.evaluation.sessions import score_sessions
    from lodeline.sdk.executors import instrument_threads, traced_executor, uninstrument_threads, with_current_context
    from lodeline.sdk.fluent_artifacts import (
        download_artifacts,
        get_artifact,
        list_artifacts,
        log_artifact,
        log_artifacts,
    )
    from lodeline.sdk.fluent_assessments import (
        delete_assessment,
        get_assessment,
        log_assessment,
        log_expectation,
        log_feedback,
        override_feedback,
        search_assessments,
        update_assessment,
    )
    from lodeline.sdk.fluent_datasets import create_dataset, delete_dataset, get_dataset, search_datasets
    from lodeline.sdk.fluent_experiments import (
        create_experiment,
        delete_experiment,
        get_experiment,
        get_experiment_by_name,
        restore_experiment,
        search_experiments,
        update_experiment,
    )
    from lodeline.sdk.fluent_labeling import (
        ReviewApp,
        create_label_schema,
        create_labeling_session,
        delete_label_schema,
        delete_labeling_session,
        get_label_schema,
        get_labeling_session,
        get_labeling_sessions,
        get_review_app,
    )
    from lodeline.sdk.fluent_models import create_model, get_model, search_models, set_model_alias
    from lodeline.sdk.fluent_traces import (
        delete_trace_tag,
        delete_traces,
        get_spans,
        get_trace,
        search_sessions,
        search_traces,
        set_trace_tag,
    )
    from lodeline.sdk.label_inputs import (
        InputCategorical,
        InputCategoricalList,
        InputNumeric,
        InputPassFail,
        InputSpans,
        InputText,
        InputTextList,
    )
    from lodeline.sdk.labeling_session import LabelingSession
    from lodeline.sdk.masking import mask_strings
    from lodeline.sdk.prompts import load_prompt, register_prompt, search_prompts, set_prompt_alias
    from lodeline.sdk.propagation import get_tracing_context_headers, set_tracing_context_from_headers
    from lodeline.sdk.provider import configure, flush, get_tracer_provider, shutdown
    from lodeline.sdk.scoping import set_active_model, set_experiment, trace_context
    from lodeline.sdk.span import Span, SpanType
    from lodeline.sdk.spans import (
        get_current_active_span,
        get_last_active_trace_id,
        start_span,
        start_span_no_context,
        update_current_trace,
    )

__version__ = "0.1.0"

_MODULES = {
    "AssessmentError": "lodeline.domain.assessment",
    "AssessmentSource": "lodeline.domain.assessment",
    "ChatMessage": "lodeline.domain.prompt",
    "AsyncLodelineClient": "lodeline.sdk.client.clients",
    "Feedback": "lodeline.domain.scorer",
    "Columns": "lodeline.sdk.datasets.rows",
    "Dataset": "lodeline.sdk.datasets.handle",
    "LodelineClient": "lodeline.sdk.client.clients",
    "InputCategorical": "lodeline.sdk.label_inputs",
    "InputCategoricalList": "lodeline.sdk.label_inputs",
    "InputNumeric": "lodeline.sdk.label_inputs",
    "InputPassFail": "lodeline.sdk.label_inputs",
    "InputSpans": "lodeline.sdk.label_inputs",
    "InputText": "lodeline.sdk.label_inputs",
    "InputTextList": "lodeline.sdk.label_inputs",
    "LabelingSession": "lodeline.sdk.labeling_session",
    "ReviewApp": "lodeline.sdk.fluent_labeling",
    "ReviewPolicy": "lodeline.domain.labeling",
    "create_label_schema": "lodeline.sdk.fluent_labeling",
    "create_labeling_session": "lodeline.sdk.fluent_labeling",
    "delete_label_schema": "lodeline.sdk.fluent_labeling",
    "delete_labeling_session": "lodeline.sdk.fluent_labeling",
    "get_label_schema": "lodeline.sdk.fluent_labeling",
    "get_labeling_session": "lodeline.sdk.fluent_labeling",
    "get_labeling_sessions": "lodeline.sdk.fluent_labeling",
    "get_review_app": "lodeline.sdk.fluent_labeling",
    "Scorer": "lodeline.evals.scoring.protocol",
    "Span": "lodeline.sdk.span",
    "SpanType": "lodeline.sdk.span",
    "align_judge": "lodeline.sdk.alignment.align",
    "autolog": "lodeline.sdk.autolog.switch",
    "configure": "lodeline.sdk.provider",
    "connect": "lodeline.local",
    "connect_async": "lodeline.local",
    "create_model": "lodeline.sdk.fluent_models",
    "create_dataset": "lodeline.sdk.fluent_datasets",
    "create_experiment": "lodeline.sdk.fluent_experiments",
    "default_client": "lodeline.sdk.default_client",
    "delete_assessment": "lodeline.sdk.fluent_assessments",
    "delete_dataset": "lodeline.sdk.fluent_datasets",
    "delete_experiment": "lodeline.sdk.fluent_experiments",
    "delete_trace_tag": "lodeline.sdk.fluent_traces",
    "delete_traces": "lodeline.sdk.fluent_traces",
    "evaluate": "lodeline.sdk.evaluation.evaluate",
    "flush": "lodeline.sdk.provider",
    "get_assessment": "lodeline.sdk.fluent_assessments",
    "get_current_active_span": "lodeline.sdk.spans",
    "get_dataset": "lodeline.sdk.fluent_datasets",
    "get_experiment": "lodeline.sdk.fluent_experiments",
    "get_experiment_by_name": "lodeline.sdk.fluent_experiments",
    "get_model": "lodeline.sdk.fluent_models",
    "get_last_active_trace_id": "lodeline.sdk.spans",
    "get_spans": "lodeline.sdk.fluent_traces",
    "get_trace": "lodeline.sdk.fluent_traces",
    "get_tracer_provider": "lodeline.sdk.provider",
    "get_tracing_context_headers": "lodeline.sdk.propagation",
    "instrument_threads": "lodeline.sdk.executors",
    "load_judge": "lodeline.sdk.alignment.registry",
    "load_prompt": "lodeline.sdk.prompts",
    "register_judge": "lodeline.sdk.alignment.registry",
    "register_prompt": "lodeline.sdk.prompts",
    "search_prompts": "lodeline.sdk.prompts",
    "set_prompt_alias": "lodeline.sdk.prompts",
    "download_artifacts": "lodeline.sdk.fluent_artifacts",
    "get_artifact": "lodeline.sdk.fluent_artifacts",
    "list_artifacts": "lodeline.sdk.fluent_artifacts",
    "log_artifact": "lodeline.sdk.fluent_artifacts",
    "log_artifacts": "lodeline.sdk.fluent_artifacts",
    "log_assessment": "lodeline.sdk.fluent_assessments",
    "log_attachment": "lodeline.sdk.attachments",
    "log_expectation": "lodeline.sdk.fluent_assessments",
    "log_feedback": "lodeline.sdk.fluent_assessments",
    "make_judge": "lodeline.evals.judges.judge",
    "mask_strings": "lodeline.sdk.masking",
    "override_feedback": "lodeline.sdk.fluent_assessments",
    "rescore": "lodeline.sdk.evaluation.evaluate",
    "restore_experiment": "lodeline.sdk.fluent_experiments",
    "resume_evaluation": "lodeline.sdk.evaluation.evaluate",
    "score_sessions": "lodeline.sdk.evaluation.sessions",
    "scorer": "lodeline.evals.scoring.bound",
    "search_assessments": "lodeline.sdk.fluent_assessments",
    "search_models": "lodeline.sdk.fluent_models",
    "search_datasets": "lodeline.sdk.fluent_datasets",
    "search_experiments": "lodeline.sdk.fluent_experiments",
    "search_sessions": "lodeline.sdk.fluent_traces",
    "search_traces": "lodeline.sdk.fluent_traces",
    "set_active_model": "lodeline.sdk.scoping",
    "set_default_client": "lodeline.sdk.default_client",
    "set_model_alias": "lodeline.sdk.fluent_models",
    "set_experiment": "lodeline.sdk.scoping",
    "set_trace_tag": "lodeline.sdk.fluent_traces",
    "set_tracing_context_from_headers": "lodeline.sdk.propagation",
    "shutdown": "lodeline.sdk.provider",
    "start_span": "lodeline.sdk.spans",
    "start_span_no_context": "lodeline.sdk.spans",
    "trace": "lodeline.sdk.decorator",
    "trace_context": "lodeline.sdk.scoping",
    "traced_executor": "lodeline.sdk.executors",
    "uninstrument_threads": "lodeline.sdk.executors",
    "update_assessment": "lodeline.sdk.fluent_assessments",
    "update_current_trace": "lodeline.sdk.spans",
    "update_experiment": "lodeline.sdk.fluent_experiments",
    "with_current_context": "lodeline.sdk.executors",
}
"""Where each public name is; its module is imported when the name is first used."""

__all__ = [
    "AssessmentError",
    "AssessmentSource",
    "AsyncLodelineClient",
    "ChatMessage",
    "Columns",
    "Dataset",
    "Feedback",
    "InputCategorical",
    "InputCategoricalList",
    "InputNumeric",
    "InputPassFail",
    "InputSpans",
    "InputText",
    "InputTextList",
    "LabelingSession",
    "LodelineClient",
    "ReviewApp",
    "ReviewPolicy",
    "Scorer",
    "Span",
    "SpanType",
    "__version__",
    "align_judge",
    "autolog",
    "configure",
    "connect",
    "connect_async",
    "create_dataset",
    "create_experiment",
    "create_label_schema",
    "create_labeling_session",
    "create_model",
    "default_client",
    "delete_assessment",
    "delete_dataset",
    "delete_experiment",
    "delete_label_schema",
    "delete_labeling_session",
    "delete_trace_tag",
    "delete_traces",
    "download_artifacts",
    "evaluate",
    "flush",
    "get_artifact",
    "get_assessment",
    "get_current_active_span",
    "get_dataset",
    "get_experiment",
    "get_experiment_by_name",
    "get_label_schema",
    "get_labeling_session",
    "get_labeling_sessions",
    "get_last_active_trace_id",
    "get_model",
    "get_review_app",
    "get_spans",
    "get_trace",
    "get_tracer_provider",
    "get_tracing_context_headers",
    "instrument_threads",
    "list_artifacts",
    "load_judge",
    "load_prompt",
    "log_artifact",
    "log_artifacts",
    "log_assessment",
    "log_attachment",
    "log_expectation",
    "log_feedback",
    "make_judge",
    "mask_strings",
    "override_feedback",
    "register_judge",
    "register_prompt",
    "rescore",
    "restore_experiment",
    "resume_evaluation",
    "score_sessions",
    "scorer",
    "search_assessments",
    "search_datasets",
    "search_experiments",
    "search_models",
    "search_prompts",
    "search_sessions",
    "search_traces",
    "set_active_model",
    "set_default_client",
    "set_experiment",
    "set_model_alias",
    "set_prompt_alias",
    "set_trace_tag",
    "set_tracing_context_from_headers",
    "shutdown",
    "start_span",
    "start_span_no_context",
    "trace",
    "trace_context",
    "traced_executor",
    "uninstrument_threads",
    "update_assessment",
    "update_current_trace",
    "update_experiment",
    "with_current_context",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'lodeline' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
