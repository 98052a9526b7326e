"""The address that the server listens at: held for all workers, refused in one sentence."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from config.settings import SettingsError


@contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Hold the port, without listening, while workers come and go; gives its number.

    0 stands for any free port. `SettingsError` where it is not to be had.
    """
    with ExitStack() as sockets:
        try:
            for family, kind, _, _, address in _addresses(host, port):
                if port:
                    _see_that_it_is_free(family, address)
                held = sockets.enter_context(socket.socket(family, kind))
                held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                _bind(held, address, port)
                port = held.getsockname()[1]
        except OSError as error:
            raise refusal(error, host, port) from None
        yield port


def refusal(error: OSError, host: str, port: int) -> SettingsError:
    """Why nobody can listen there."""
    if error.errno == errno.EADDRINUSE:
        return SettingsError(f"PORT {port} is in use by another program.")
    if error.errno == errno.EACCES:
        return SettingsError(f"PORT {port} is not open to this user.")
    return SettingsError(f"HOST {host!r} is no address of this machine.")


def url_of(host: str, port: int) -> str:
    """The server's URL."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))


def _see_that_it_is_free(family: int, address: tuple[object, ...]) -> None:
    """`SO_REUSEPORT` alone would share the port with a second server of the same user."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(probe, address, 0)


def _bind(held: socket.socket, address: tuple[object, ...], port: int) -> None:
    if held.family == socket.AF_INET6:
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    held.bind((address[0], port or address[1], *address[2:]))
