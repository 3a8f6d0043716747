"""Addresses of receivers: what is accepted, and which networks may be reached. Pure: no DNS, no database."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.utils.translation import gettext

_IPV4_IN_IPV6 = IPv6Network("64:ff9b::/96")
"""Addresses that a NAT64 gateway translates to IPv4 (RFC 6052)."""

Networks = Sequence[IPv4Network | IPv6Network]


class ReceiverAddressError(ValueError):
    """The address cannot receive messages; the text says why and never holds the address."""


@dataclass(frozen=True, slots=True)
class ReceiverAddress:
    """Parts of the address of a receiver. ``target`` is path and query, as the request line takes them."""

    is_encrypted: bool
    host: str
    port: int
    target: str


def parse_address(address: str) -> ReceiverAddress:
    """Return the parts of an ``http`` or ``https`` address. Raises :class:`ReceiverAddressError`."""
    if not address.isascii() or not address.isprintable() or " " in address:
        raise ReceiverAddressError(gettext("The address must have no spaces and only ASCII characters."))
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ReceiverAddressError(
            gettext("The address must be an https address such as https://host/path.")
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ReceiverAddressError(gettext("The address must be an https address such as https://host/path."))
    if "@" in parts.netloc:
        raise ReceiverAddressError(gettext("The address must hold no user name; put a secret into its path."))
    encrypted = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ReceiverAddress(encrypted, parts.hostname, port or (443 if encrypted else 80), target)


def parse_permitted_address(address: str, allowed: Networks | None) -> ReceiverAddress:
    """Return the parts of an address whose host is a name, or a number that may be reached.

    What a name resolves to is checked when something is sent, because it changes. Raises
    :class:`ReceiverAddressError`.
    """
    parts = parse_address(address)
    require_permitted(parts, list_literal_ips(parts.host), allowed)
    return parts


def list_literal_ips(host: str) -> list[str]:
    """Return the IP addresses of a host that is a number in any form or localhost; none for other names."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return []
    return [str(place[0]) for *_, place in found]


def require_permitted(address: ReceiverAddress, ips: Sequence[str], allowed: Networks | None) -> None:
    """Check the IP addresses of a receiver's host; there are none while only its name is known.

    ``allowed`` holds networks that may be reached although they are not public, ``None`` stands for every
    network. Raises :class:`ReceiverAddressError` when any address is private, loopback, link-local or
    otherwise not public and in none of these, and for an unencrypted address on any other host than this one.
    """
    reached = [_translate_to_ipv4(ip_address(ip.partition("%")[0])) for ip in ips]
    if not address.is_encrypted and not (reached and all(ip.is_loopback for ip in reached)):
        raise ReceiverAddressError(gettext("The address must be an https address."))
    if allowed is not None and not all(
        _is_public(ip) or any(ip in network for network in allowed) for ip in reached
    ):
        raise ReceiverAddressError(gettext("The host is not public and not in WEBHOOK_ALLOWED_NETWORKS."))


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast


def _translate_to_ipv4(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4 or NAT64), else the address."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _IPV4_IN_IPV6:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
