"""What the fault tests share that play something."""

import pytest

from tests.faults.fleet import Fleet
from tests.servers import House


@pytest.fixture
def house(crew: Fleet) -> House:
    """Where `make_track` puts its tracks."""
    return crew.house
