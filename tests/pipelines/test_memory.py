"""When memory is collected between the stages of a run."""

import pytest

from pipelines.stores import memory

GB = 2**30


@pytest.mark.parametrize(
    ("held", "collections"),
    [
        ([0.5, 0.9], 0),
        ([1.2, 1.2, 1.25, 1.2], 1),  # nothing came of it the first time, so it is not tried again
        ([1.2, 1.4], 2),
        ([3.0, 1.1, 1.3], 2),  # what was given back may be taken anew
    ],
)
def test_memory_is_collected_when_it_has_grown_since_the_last_time(monkeypatch, held, collections) -> None:
    done = []
    monkeypatch.setattr(memory, "_kept", 0)
    monkeypatch.setattr(memory, "_release", lambda: done.append(1))
    for now in held:
        monkeypatch.setattr(memory, "resident_bytes", lambda now=now: int(now * GB))
        memory.give_back()
    assert len(done) == collections
