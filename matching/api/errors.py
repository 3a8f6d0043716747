"""Errors of the compare path as API problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework.exceptions import ValidationError

from accounts.api.problems import UnavailableError
from matching.compare.language import show_text
from matching.engine import EngineError
from matching.engine.types import ArtefactError
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise a missing or unfit model as 503 and names that cannot be compared as 400."""
    try:
        yield
    except (NoLiveModelError, ArtefactVerificationError, ArtefactError) as error:
        raise UnavailableError from error
    except EngineError as error:
        raise ValidationError({"names": [show_text(str(error))]}) from None
