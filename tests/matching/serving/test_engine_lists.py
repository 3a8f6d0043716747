"""No request waits for a list of the engine: a serving process has read them all."""

import subprocess
import sys

FIND_UNREAD = """
import functools, gc
from matching.serving.engine_lists import load_engine_lists

load_engine_lists()
for item in gc.get_objects():
    if isinstance(item, functools._lru_cache_wrapper) and item.cache_info().maxsize is None:
        if str(item.__module__).startswith("matching.engine") and not item.cache_info().currsize:
            print(item.__module__, item.__name__)
print("end")
"""


def test_a_serving_process_has_read_every_list_of_the_engine() -> None:
    outcome = subprocess.run([sys.executable, "-c", FIND_UNREAD], capture_output=True, text=True, check=True)
    assert outcome.stdout == "end\n"
