"""What a scrape of /metrics says, read by the parsers of Prometheus' own library."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, cast

from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from lodeline.server.figures import METRICS_PATH

Parser = Callable[[str], Iterable[Metric]]
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


class Answer(Protocol):
    """What is used of an answer."""

    @property
    def status_code(self) -> int: ...

    @property
    def text(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Client(Protocol):
    """What is used of a client, of a real server or of one in process."""

    def get(self, url: str, /, *, headers: Mapping[str, str]) -> Answer: ...


class Scrape:
    """The figures of one answer."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = {family.name: family for family in families}

    def value(self, name: str, **labels: str) -> float:
        """Return the value of the one sample of this name and exactly these labels; KeyError when there is none."""
        for family in self.families.values():
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        raise KeyError(f"{name} {labels}")

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of all samples of this name that have these labels, whatever others they have."""
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values that a label has in the samples of this name."""
        return {
            sample.labels[label]
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and label in sample.labels
        }


def scrape(client: Client, accept: str = "text/plain", key: str | None = None) -> Scrape:
    """Scrape as Prometheus does, with a key as its bearer token."""
    answer = client.get(
        METRICS_PATH, headers={"accept": accept} | ({"authorization": f"Bearer {key}"} if key else {})
    )
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"].startswith("application/openmetrics-text"):
        parsed = cast("Parser", openmetrics.text_string_to_metric_families)  # pyright: ignore[reportUnknownMemberType]
        return Scrape(list(parsed(answer.text)))
    return Scrape(list(text_string_to_metric_families(answer.text)))
