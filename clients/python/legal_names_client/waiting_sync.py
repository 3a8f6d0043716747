"""Sleep and locks of the synchronous client."""

from threading import Lock
from time import sleep

__all__ = ["Lock", "sleep"]
