"""What a recording says of the network of a room."""

from __future__ import annotations

import pytest

from casework.people.client_network import network_class


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1", "this-machine"),
        ("::1", "this-machine"),
        ("::ffff:127.0.0.1", "this-machine"),
        ("192.168.1.7", "local"),
        ("fe80::1", "local"),
        ("fd00::1", "local"),
        ("169.254.3.4", "local"),
        ("9.9.9.9", "public"),
        ("2a00:1450::1", "public"),
        ("", "unknown"),
        ("somewhere", "unknown"),
    ],
)
def test_a_network_is_one_of_four_classes(address: str, said: str) -> None:
    assert network_class(address) == said
