"""The generator's published vectors, and the quality of its uniforms and normals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import normals, philox4x32, stream_key, uniforms

VECTORS = [  # Random123, kat_vectors: counter, key -> output of philox4x32-10
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
def test_published_vectors(counter, key, expected):
    words = philox4x32(*(np.uint64(w) for w in (*counter, *key)))
    assert tuple(int(w) for w in words) == expected


def test_normals_are_the_quantiles_of_their_uniforms():
    for draws in (1, 2, 3, 5, 200_003):
        u, z = uniforms(4, draws, "grade", "q"), normals(4, draws, "grade", "q")
        assert (abs(z - stats.norm.ppf(u)) <= 4e-15 * abs(z)).all()
        if draws > 1_000:
            assert abs(z).max() > 4.0, "the far tails were seen too"


def test_uniforms_are_the_words_of_the_generator():
    key = stream_key(4, "grade", "words")
    words = [philox4x32(np.uint64(b), np.uint64(0), key[2], key[3], key[0], key[1]) for b in range(251)]
    expected = (np.array(words, float).ravel() + 0.5) / 2**32
    for draws in (1, 2, 3, 4, 1001, 1004):
        assert np.array_equal(uniforms(4, draws, "grade", "words"), expected[:draws])


def test_streams_are_uniform_normal_and_independent():
    u = np.array([uniforms(11, 20_000, "grade", "u", i) for i in range(20)])
    assert stats.kstest(u.ravel(), "uniform").pvalue > 0.001
    assert stats.chisquare(np.histogram(u, bins=256, range=(0, 1))[0]).pvalue > 0.001
    z = np.array([normals(11, 20_000, "grade", "z", i) for i in range(20)])
    assert stats.kstest(z.ravel(), "norm").pvalue > 0.001
    between = np.corrcoef(z)[np.triu_indices(20, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(20_000)
    for lag in (1, 2, 3, 4, 8):
        assert abs(np.corrcoef(z[0, :-lag], z[0, lag:])[0, 1]) < 5 / np.sqrt(20_000)


def test_names_and_seeds_make_different_streams():
    a = uniforms(1, 100, "grade", "IN-1", "Cu")
    assert not np.array_equal(a, uniforms(2, 100, "grade", "IN-1", "Cu"))
    assert not np.array_equal(a, uniforms(1, 100, "grade", "IN-1C", "u"))
    assert np.array_equal(a, uniforms(1, 100, "grade", "IN-1", "Cu"))


def test_a_misspelt_stream_is_an_error_and_every_name_is_what_it_always_was():
    with pytest.raises(ScoringError, match="borowed grade"):
        stream_key(1, "borowed grade", "Cu")
    names = [
        "borrowed grade", "capital of site", "cost of family", "cost of site", "grade", "grade of site",
        "position x", "position y", "price", "price of group", "profile", "recovery", "recovery of site", "route works",
        "sampling draw", "sampling outcome", "tonnage", "weights",
    ]  # fmt: skip
    assert sorted(Stream) == names, "a name is part of the key: changing one changes published numbers"
    assert stream_key(1, Stream.COST_OF_SITE, "A").tolist() == stream_key(1, "cost of site", "A").tolist()


def test_no_stream_is_named_outside_the_list_of_names():
    import re

    root = Path(__file__).parents[3] / "scoring"
    call = re.compile(
        r"\b(?:normals|uniforms|stream_key)\((?:[^(),]*,){1,2}\s*f?[\"']"
    )  # a literal after the name is an id
    named = [p for p in root.rglob("*.py") for _ in call.findall(p.read_text(encoding="utf-8"))]
    assert named == []
