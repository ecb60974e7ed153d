from __future__ import annotations

import pytest

from cloud.table.attributes import from_item, to_item


def test_text_and_whole_numbers_are_read_as_they_were_written() -> None:
    values: dict[str, str | int] = {"original": "original#é", "piece": 2**53 + 1, "since": -1, "after": ""}
    item = to_item(values)
    assert item["piece"] == {"N": "9007199254740993"}
    assert item["after"] == {"S": ""}
    assert from_item(item) == values


def test_an_attribute_of_another_type_is_an_error() -> None:
    with pytest.raises(KeyError):
        from_item({"flag": {"BOOL": True}})
