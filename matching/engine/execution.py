"""Which engine runs: the Python source of this folder, or the machine code compiled from that very source.

The package ``legal_names_engine`` (``make compile``) holds the compiled modules with the digest of the source
they were made from. They take the place of the source where the digest is that of the source here, so that an
edited rule is never answered by an older one. Imported first, and never compiled itself.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

COMPILED, INTERPRETED = "compiled", "interpreted"
SOURCE_DIRECTORY = Path(__file__).parent
"""The folder of the engine's source and of its data, whichever engine runs."""
NATIVE_PACKAGE = "legal_names_engine"
NATIVE_LIBRARY = f"{NATIVE_PACKAGE}__mypyc"
DIGEST_FILE = "source.sha256"


def compute_source_digest(folder: Path = SOURCE_DIRECTORY) -> str:
    """Return the SHA-256 over path and bytes of every Python file of the engine."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def select_execution() -> str:
    """Put the compiled modules before the source where they are of this source, and say which engine runs."""
    native = _find_native_folder()
    if native is None or not _load_library(native):
        return INTERPRETED
    sys.modules["matching.engine"].__path__.insert(0, str(native / "engine"))
    return COMPILED


def _find_native_folder() -> Path | None:
    """Return the folder of compiled modules of this source, ``None`` for none or where it is not wanted."""
    if os.environ.get("LEGAL_NAMES_ENGINE") == INTERPRETED:
        return None
    try:
        spec = find_spec(NATIVE_PACKAGE)
        folder = Path(spec.origin).parent if spec and spec.origin else SOURCE_DIRECTORY
        made_of = (folder / DIGEST_FILE).read_text(encoding="ascii").strip()
    except (ImportError, OSError):
        return None
    return folder if made_of == compute_source_digest() else None


def _load_library(native: Path) -> bool:
    """Load the machine code that all compiled modules share; false where this machine cannot run it."""
    library = next(native.glob(f"{NATIVE_LIBRARY}.*"), None)
    spec = spec_from_file_location(NATIVE_LIBRARY, library) if library else None
    if spec is None or spec.loader is None:
        return False
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError:
        return False
    sys.modules[NATIVE_LIBRARY] = module
    return True


EXECUTION = select_execution()
