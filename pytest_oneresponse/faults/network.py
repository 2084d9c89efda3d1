"""What a driven app asks of other machines: answered here, or refused; no request leaves the machine."""

from __future__ import annotations

import errno
import functools
import importlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import sites
from ..contract.causes import causes
from ..contract.finding import Place
from ..explore.recording import Recording
from ..patching import Patches
from .replies import Asked, Reply, Upstream, shaped

CLIENTS = ("via_urllib", "via_requests", "via_httpx", "via_aiohttp")
"""The modules that stand between HTTP clients and the network."""


class Unreachable(ConnectionRefusedError):
    """A connection to another machine, which is not made while an app is driven."""


class Network:
    """What was asked of other machines while it was watched over."""

    def __init__(self) -> None:
        self.refused: dict[str, Place | None] = {}
        """The addresses to which connections were refused, each with the user's line that tried first."""

    def remarks(self) -> list[str]:
        """What is to be told of it."""
        return [
            f"{host} was not reached{f' in {place.file}:{place.line}' if place else ''} (--oneresponse-network allows it)"
            for host, place in self.refused.items()
        ]

    @property
    def upstream(self) -> Upstream:
        """Who answers for other machines meanwhile."""
        return Upstream(self.fail, self.usual)

    def fail(self, asked: Asked) -> Reply | None:
        """How a request that is to leave the machine is to fail now; None where it is not to."""
        now = Recording.now
        failing = now.tap.upstream(asked) if now is not None and now.tap is not None else None
        if now is not None and failing is not None:
            now.upstreams += 1
        return failing

    def usual(self, asked: Asked) -> Reply:
        """The answer to a request that does not fail, and that would leave the machine."""
        now = Recording.now
        if now is None:
            return shaped({})
        now.upstreams += 1
        return shaped(now.document, now.answered)

    def refuse(self, address: Any) -> Unreachable:
        """The error of a connection that is not made."""
        host, *port = address if isinstance(address, tuple) else (address,)
        host = host.decode("latin-1") if isinstance(host, bytes) else str(host)
        target = ":".join((host, *map(str, port[:1])))
        frame = sites.users_frame(sys._getframe(1))
        place = sites.place_of(frame.f_code, frame.f_lasti) if frame is not None else None
        self.refused.setdefault(host, place)
        tried = f" in {place.file}:{place.line}" if place is not None else ""
        text = f"{target} is on another machine, and was not asked{tried}: an app is driven without the network"
        return Unreachable(errno.ECONNREFUSED, f"{text} (--oneresponse-network allows it)")


def is_local(host: Any) -> bool:
    """Whether an address is of this machine; it is not looked up."""
    if isinstance(host, bytes):
        host = host.decode("latin-1")
    name = str(host or "").strip("[]").rstrip(".").lower().partition("%")[0]
    own = ("", "localhost", "ip6-localhost", "::", "::1", "0.0.0.0", "broadcasthost", "testserver")
    return name in own or name.startswith(("127.", "::ffff:127.")) or name.endswith(".localhost") or name == _own_name()


@functools.cache
def _own_name() -> str:
    return socket.gethostname().lower()


@contextmanager
def watched_over(allowed: bool = False) -> Iterator[Network]:
    """Keep what runs from other machines meanwhile; where it is `allowed` to reach them nothing is done."""
    network = Network()
    if allowed:
        yield network
        return
    patches = Patches()
    try:
        _guard(network, patches)
        for name in CLIENTS:
            client = importlib.import_module(f"{__package__}.{name}")
            for module in client.MODULES:
                patches.when_imported(module, functools.partial(_install, client.install, network))
        yield network
    finally:
        patches.undo()


def _install(install: Callable[..., None], network: Network, module: Any, patches: Patches) -> None:
    install(module, patches, network.upstream, is_local)


def _guard(network: Network, patches: Patches) -> None:
    """Let sockets connect to this machine only, and no name be asked for anywhere else."""

    def is_out(connecting: socket.socket, address: Any) -> bool:
        return connecting.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0])

    def connecting(connect: Any) -> Any:
        def guarded(self: socket.socket, address: Any) -> Any:
            if is_out(self, address):
                raise network.refuse(address)
            return connect(self, address)

        return guarded

    def trying(connect_ex: Any) -> Any:
        def guarded(self: socket.socket, address: Any) -> Any:
            return network.refuse(address).errno if is_out(self, address) else connect_ex(self, address)

        return guarded

    def looking_up(getaddrinfo: Any) -> Any:
        @functools.wraps(getaddrinfo)
        def guarded(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
            if not is_local(host) and not _is_number(host):
                raise network.refuse((host, port))
            return getaddrinfo(host, port, *arguments, **named)

        return guarded

    def looking_one_up(gethostbyname: Any) -> Any:
        @functools.wraps(gethostbyname)
        def guarded(hostname: Any) -> Any:
            if not is_local(hostname) and not _is_number(hostname):
                raise network.refuse(hostname)
            return gethostbyname(hostname)

        return guarded

    def sending(send: Any) -> Any:
        def guarded(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1] if arguments else None
            if isinstance(address, tuple) and is_out(self, address):
                raise network.refuse(address)
            return send(self, *arguments)

        return guarded

    def raised(excepthook: Any) -> Any:
        def told(args: Any) -> None:
            if not any(isinstance(one, Unreachable) for one in causes(args.exc_value)):
                excepthook(args)  # the summary tells of those that are refused

        return told

    patches.replace(threading, "excepthook", raised)
    patches.replace(socket.socket, "connect", connecting)
    patches.replace(socket.socket, "connect_ex", trying)
    for name in ("sendto", "sendmsg"):
        patches.replace(socket.socket, name, sending)
    patches.replace(socket, "getaddrinfo", looking_up)
    for name in ("gethostbyname", "gethostbyname_ex"):
        patches.replace(socket, name, looking_one_up)


def _is_number(host: Any) -> bool:
    """Whether a host is an address already, so that nobody is asked for it."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host if isinstance(host, str) else bytes(host).decode("latin-1"))
            return True
        except (OSError, TypeError, ValueError):
            continue
    return False
