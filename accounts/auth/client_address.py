"""The network address of a client, read in one place: rate limits, lock-outs and audit events agree on it.

``X-Forwarded-For`` is a list to which every proxy appends the address it was called from, so only the last
``NUM_PROXIES`` entries were written by proxies of ours; the rest proves nothing (RFC 7239, section 8.1).
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - a value to store, nothing listens on it
"""Stands for a client whose address is not known, for example one behind a Unix socket."""

_IPV6_NETWORK_BITS = 64
"""One subscriber gets at least this network, and may use a new address of it for every request."""


def get_client_address(request: HttpRequest | Request | None) -> str:
    """Return the address of the client, past the ``NUM_PROXIES`` proxies in front of the web server."""
    if request is None:
        return UNKNOWN_ADDRESS
    proxies = settings.NUM_PROXIES or 0
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    chain = [part.strip() for part in forwarded if part.strip()]
    found = chain[-min(proxies, len(chain))] if chain else request.META.get("REMOTE_ADDR", "")
    return _normalise(found) or _normalise(request.META.get("REMOTE_ADDR", "")) or UNKNOWN_ADDRESS


def get_client_network(request: HttpRequest | Request) -> str:
    """Return what attempts are counted by: an IPv4 address, or the first address of an IPv6 /64 network."""
    address = get_client_address(request)
    if isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/{_IPV6_NETWORK_BITS}", strict=False).network_address)
    return address


def _normalise(text: str) -> str:
    """Return an address in its one spelling, without port and zone; empty if the text is none."""
    for candidate in (text, text.rpartition(":")[0], text.partition("]")[0].lstrip("[")):
        try:
            address = ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return str(mapped or address)
    return ""
