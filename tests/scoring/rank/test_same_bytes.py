"""The same inputs, settings and seed give the same bytes in another process, whatever its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import hashlib, sys
sys.path[:0] = [{folder!r}]
from india import india_frames
from cases import assess
r = assess(**india_frames(300))
h = hashlib.sha256()
for f in (r.ranked_blocks.to_wkb(), r.site_shares, r.site_potential, r.element_potential, r.basket_ranks, r.mass_balance, r.price_decks):
    h.update(f.to_csv(index=False).encode())
print(h.hexdigest())
"""


@pytest.mark.integration
def test_hash_seed_threads_and_timezone_do_not_matter(tmp_path):
    code = CODE.format(folder=str(Path(__file__).resolve().parents[2]))
    found = set()
    for seed, threads, zone in (("0", "1", "UTC"), ("12345", "4", "Asia/Kolkata")):
        env = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "OMP_NUM_THREADS": threads,
            "NUMBA_NUM_THREADS": threads,
            "TZ": zone,
        }
        env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).resolve().parents[3]), env.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
