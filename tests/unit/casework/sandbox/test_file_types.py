from __future__ import annotations

import pytest

from casework.sandbox.file_types import HEAD, received_format
from chain_of_custody.package.contents import FORMATS as ACCEPTED
from tests.support.media.received_samples import FORMATS, HOSTILE


@pytest.mark.parametrize(("format_", "data"), FORMATS.items(), ids=FORMATS)
def test_the_format_of_a_received_file_follows_from_how_it_begins(format_: str, data: bytes) -> None:
    assert received_format(data[:HEAD]) == format_


def test_the_format_of_every_file_is_one_that_a_package_can_have() -> None:
    found = {received_format(data[:HEAD]) for data in (*FORMATS.values(), *HOSTILE.values())}
    assert found <= ACCEPTED["received"]


def test_a_text_that_is_cut_within_a_letter_is_still_one_and_bytes_that_are_none_are_not() -> None:
    text = ("a" + "ش" * HEAD).encode()[:HEAD]
    assert received_format(text) == "txt"
    assert received_format(b"text" + b"\xff" * 20) == "unknown"
    assert received_format(b"text\0text") == "unknown"
    assert received_format(b"Go home") == "txt"
    assert received_format(b"") == "unknown"
