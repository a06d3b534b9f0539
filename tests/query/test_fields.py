"""The field table."""

import pytest

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES, field, find, names, spec_of


@pytest.mark.parametrize("entity", ENTITIES)
def test_names_are_unique_and_every_one_finds_its_field(entity: EntityScope):
    every = list(names(entity))
    assert len(every) == len(set(every)) == sum(1 + len(spec.aliases) for spec in ENTITIES[entity].fields)
    for name in every:
        found = find(entity, [*name.rstrip(".").split("."), *(["key"] if name.endswith(".") else [])])
        assert found is not None
        spec, resolved = found
        assert spec_of(resolved) is spec
        assert resolved == field(entity, spec.name, "key" if spec.keyed else None)


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_is_documented_in_a_sentence(entity: EntityScope):
    for spec in ENTITIES[entity].fields:
        assert spec.doc[0].isupper()
        assert spec.doc.endswith(".")


def test_keyed_fields_need_a_key_and_others_take_none():
    assert find("trace", ["tags"]) is None
    assert find("trace", ["name", "x"]) is None
    assert find("trace", ["TAGS", "Key"]) == find("trace", ["tags", "Key"]) != find("trace", ["tags", "key"])


def test_only_reserved_words_are_no_field_names():
    for entity in ENTITIES.values():
        for spec in entity.fields:
            assert not {spec.name, *spec.aliases} & {
                "text",
                "json",
                "feedback",
                "expectation",
                "and",
                "or",
                "not",
                "in",
            }
