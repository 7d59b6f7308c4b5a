import pytest
from tests.hubs.surroundings import RecordingEvents, Ticks, make_hub


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def events():
    return RecordingEvents()


@pytest.fixture
def hub(ticks, events):
    return make_hub(ticks, events)
