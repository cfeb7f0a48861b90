"""Network addresses of a blacklist, asked quickly however many there are. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

MIN_PREFIX = {4: 8, 6: 16}
"""A wider network would shut out a good part of the world by a slip of the finger."""


def normal_network(text: str) -> str:
    """An address or network in CIDR form, host bits cleared. Raises `ValueError`, also when too wide."""
    network = ipaddress.ip_network(text.strip(), strict=False)
    if network.prefixlen < MIN_PREFIX[network.version]:
        raise ValueError(f"networks of at least /{MIN_PREFIX[network.version]} are taken")
    return str(network)


class AddressBook:
    """Networks by site (None: every site). A question costs one look per length of prefix in use."""

    __slots__ = ("_lengths", "_networks")

    def __init__(self, entries: Iterable[tuple[str | None, str]]) -> None:
        self._networks: set[tuple[str | None, int, int, int]] = set()
        for site, text in entries:
            try:
                network = ipaddress.ip_network(text, strict=False)
            except ValueError:
                continue  # a row written past the form blocks nobody
            self._networks.add(
                (site, network.version, network.prefixlen, int(network.network_address)),
            )
        self._lengths = {(version, length) for _, version, length, _ in self._networks}

    def __len__(self) -> int:
        return len(self._networks)

    def covers(self, address: str, site: str) -> bool:
        """Whether this address may not come in at this site. An IPv4 address in IPv6 form counts as
        itself.
        """
        if not self._networks:
            return False
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False  # a Unix socket, a test client: no address, no entry
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
            known = known.ipv4_mapped
        number = int(known)
        for version, length in self._lengths:
            if version != known.version:
                continue
            network = number >> (known.max_prefixlen - length) << (known.max_prefixlen - length)
            wanted = {(place, version, length, network) for place in (None, site)}
            if not self._networks.isdisjoint(wanted):
                return True
        return False
