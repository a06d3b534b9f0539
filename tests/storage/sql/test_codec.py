"""Text that UTF-8 cannot hold: one spelling of it in every table."""

import json
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.ids import TraceId
from lodeline.services.listing import ListQuery
from lodeline.storage.sql.codec import clean, dumps
from tests.contract.build import span, write
from tests.services.bundled import services_over


@pytest.mark.parametrize("text", ["plain", "é😀", "\ud800", "a\udfffb\ud800\udbff", "\0"])
def test_documents_and_columns_spell_text_alike(text: str) -> None:
    assert json.loads(dumps({text: [text]})) == {clean(text): [clean(text)]}
    assert len(clean(text)) == len(text)
    clean(text).encode()


def test_a_trace_whose_tag_has_half_a_pair_leaves_nothing_behind(tmp_path: Path) -> None:
    with services_over(f"sqlite:{tmp_path / 'store'}") as services:
        services.stores.traces.write([write("tr-1", span("a", 1))])
        services.traces.tag(LOCAL, TraceId("tr-1"), {"k": "x\ud800"})
        assert services.traces.search(LOCAL, ListQuery(filter="tag.k = 'x\ufffd'")).items
        services.traces.delete(LOCAL, [TraceId("tr-1")])
        assert services.stores.admin.check() == []
