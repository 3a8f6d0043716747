"""The asynchronous client; the synchronous one is made from these files when the package is built."""
