"""The proxy of the fault tests leaves no connection open when it ends."""

import gc
import socket
import threading
import warnings
from contextlib import ExitStack, closing

from tests.support.fault_proxy import fault_proxy
from tests.support.waiting import HANG_SECONDS

ROUNDS, CONNECTIONS = 20, 60


def test_connections_that_begin_while_the_proxy_ends_are_closed() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=ROUNDS * CONNECTIONS)  # for all: none is accepted
    with closing(listening) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for number in range(ROUNDS):
            _connect_until_it_ends(server, moment=number * CONNECTIONS // ROUNDS)
            gc.collect()
    assert [str(one.message) for one in caught] == []


def _connect_until_it_ends(server: socket.socket, moment: int) -> None:
    """Open connections one after the other, and end the proxy after `moment` of them."""
    reached = threading.Event()
    with ExitStack() as clients:

        def connect() -> None:
            for count in range(CONNECTIONS):
                if count == moment:
                    reached.set()
                try:
                    clients.enter_context(socket.create_connection(proxy.address, HANG_SECONDS))
                except OSError:  # the proxy has ended
                    return

        with fault_proxy(*server.getsockname()) as proxy:
            thread = threading.Thread(target=connect)
            thread.start()
            assert reached.wait(HANG_SECONDS)
        thread.join(HANG_SECONDS)
