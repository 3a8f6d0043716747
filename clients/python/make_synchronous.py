"""Write the synchronous client from the asynchronous one, in the package at the folder of the argument."""

import re
import sys
from pathlib import Path

import unasync

_NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aread": "read",
    "asynchronous": "synchronous",
    "asyncio_detailed": "sync_detailed",
    "handle_async_request": "handle_request",
    "set_async_httpx_client": "set_httpx_client",
    "waiting_async": "waiting_sync",
}


def write_synchronous_client(package: Path) -> None:
    """Write ``synchronous`` beside ``asynchronous``, without async and await; ``AsyncThing`` is ``Thing``."""
    sources = sorted((package / "asynchronous").glob("*.py"))
    names = {
        name: name.removeprefix("Async")
        for source in sources
        for name in re.findall(r"\bAsync\w+", source.read_text(encoding="utf-8"))
    }
    rule = unasync.Rule("/asynchronous/", "/synchronous/", additional_replacements={**names, **_NAMES})
    unasync.unasync_files([str(source) for source in sources], [rule])


if __name__ == "__main__":
    write_synchronous_client(Path(sys.argv[1]).resolve())
