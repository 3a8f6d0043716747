"""An installation for the tests of matters."""

import pytest

from modelops.models import Deployment
from tests.models import installed


@pytest.fixture
def champion() -> Deployment:
    """A champion that finds every pair it is asked about as likely material as not."""
    return installed()
