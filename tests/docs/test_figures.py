"""What the guide to operating says about figures for Prometheus is about those that the server shows."""

import re

from lodeline.server.figures import DOORS, FIGURES, REASONS
from tests.docs.markdown import ROOT, blocks

PAGE = "docs/how-to/operate.md"
_SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("", "_bucket", "_count", "_sum")}
NAMES = {figure.name + suffix: figure for figure in FIGURES for suffix in _SUFFIXES[figure.kind]}
_OF_TARGETS = {"instance", "job"}
"""Labels that Prometheus adds."""


def test_every_figure_that_the_page_names_is_shown() -> None:
    named = set(re.findall(r"\blodeline_[a-z_]+", (ROOT / PAGE).read_text(encoding="utf-8")))
    assert named <= NAMES.keys()
    assert {figure.name for figure in FIGURES} <= named


def test_alert_rules_use_labels_that_their_figures_have() -> None:
    (rules,) = (block.text for block in blocks(PAGE) if block.file == "lodeline-alerts.yaml")
    alerts = rules.split("- alert: ")[1:]
    assert len(alerts) == 3
    for alert in alerts:
        (name,) = set(re.findall(r"\blodeline_\w+", alert))
        used = {*re.findall(r"\$labels\.(\w+)", alert), *re.findall(r"(\w+)(?:=|!=|=~)\"", alert)}
        for group in re.findall(r"\bby \(([\w, ]+)\)", alert):
            used |= set(group.split(", "))
        assert used <= {*NAMES[name].labels, *_OF_TARGETS}


def test_every_reason_and_protocol_is_explained() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for word in (*REASONS, *DOORS):
        assert f"`{word}`" in text, word


def test_names_and_labels_are_as_prometheus_wants_them() -> None:
    for figure in FIGURES:
        assert re.fullmatch(r"lodeline_[a-z]+(_[a-z]+)*", figure.name)
        assert figure.name.endswith("_total") == (figure.kind == "counter")
        assert not set(figure.labels) & (_OF_TARGETS | {"le"})
