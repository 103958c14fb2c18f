"""A port that somebody serves is found before granian would share it without a word."""

import socket

import pytest

from market.launcher import ports
from market.launcher.errors import LaunchError


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")],
)
def test_a_served_port_is_refused_in_one_sentence_that_names_a_free_one(
    family: socket.AddressFamily, address: str
) -> None:
    with socket.socket(family) as server:
        # As granian does: it would let a second server in.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]

        with pytest.raises(LaunchError, match=rf"^Port {port} is in use .* PORT=\d+\.$"):
            ports.refuse_if_taken(port)
        assert not ports.is_free(port)


def test_a_port_is_free_again_right_after_its_server_ended() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as every server of ours does
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        client.connect(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the server's side waits in TIME_WAIT now

    ports.refuse_if_taken(port)


def test_a_port_outside_the_range_is_refused() -> None:
    with pytest.raises(LaunchError, match="DELIVERY_PORT must be between 1 and 65535, not 70000"):
        ports.refuse_if_taken(70000, "DELIVERY_PORT")
