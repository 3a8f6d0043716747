"""Sleep and locks of the asynchronous client, under asyncio and trio."""

from anyio import Lock, sleep

__all__ = ["Lock", "sleep"]
