"""What a server takes from the machine before it serves: the data folder, the port, file descriptors."""

import contextlib
import ctypes
import errno
import fcntl
import os
import resource
import socket
import sys
from pathlib import Path

from kefu_project.preflight import Refusal

BACKLOG = 2048
"""Connections the kernel holds for us: a restart brings every visitor back within the same second."""


def lock_data_dir(folder: Path, *, shared: bool) -> int:
    """Lock `folder` until the process ends; the descriptor that holds the lock. Refusal when it is taken.

    Embedded servers lock it alone: two sequencers on one journal would number twice. Scaled servers share the
    folder (it holds uploads), and keep embedded ones out.
    """
    path = folder / "serve.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            holder = int(os.read(descriptor, 32))
            os.close(descriptor)
            raise Refusal(
                f"Another server (process {holder}) already uses the data folder {folder}."
            ) from None
        raise Refusal(f"Another server already uses the data folder {folder}.") from None
    if not shared:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket that listens on `host`:`port` (0: any free port). Refusal says why not.

    Listening from here on, though accepting only when the server is up: a bound socket alone would not keep a
    second server off the port, and early clients wait a second instead of being refused.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise Refusal(f"KEFU_HOST {host!r} is not an address of this machine.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Refusal(
                f"Port {port} on {host} is taken by another program; set PORT to a free one."
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise Refusal(
                f"Port {port} may not be used without special rights; set PORT above 1023."
            ) from None
        raise Refusal(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    return listener


def raise_descriptor_limit() -> None:
    """Every connection is a descriptor, and the usual soft limit of 1024 is less than one busy site."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def share_interpreter() -> None:
    """Let threads ask for the interpreter after 1 ms instead of 5: a commit that has come back from the disk
    waits for the busy event loop that long. 200 in flight: 12,800 against 5,700 messages a second; 0.3 ms
    gained nothing more."""
    sys.setswitchinterval(0.001)


def limit_malloc_arenas() -> None:
    """Let all threads share two of glibc's heaps: with one per thread, what a short-lived thread freed
    stays resident."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-8, 2)  # M_ARENA_MAX of <malloc.h>; musl and others have no mallopt
