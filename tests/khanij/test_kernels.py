"""A kernel is compiled anew when a function that it calls, in another file, has changed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from khanij.foundation.kernels import keep_kernels_apart
print(keep_kernels_apart(Path({folder!r}) / "science").name)
from science.caller import twice
print(twice(3.0))
"""


def value_of(folder: Path) -> list[str]:
    env = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"PYTHONPATH": str(ROOT)}
    script = SCRIPT.format(folder=str(folder))
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.split()


def test_a_changed_callee_in_another_file_is_compiled_anew(tmp_path):
    science = tmp_path / "science"
    science.mkdir()
    (science / "__init__.py").write_text("")
    (science / "callee.py").write_text("from numba import njit\n@njit(cache=True)\ndef f(x):\n    return 2.0 * x\n")
    (science / "caller.py").write_text(
        "from numba import njit\nfrom science.callee import f\n@njit(cache=True)\ndef twice(x):\n    return f(x)\n"
    )
    first, again = value_of(tmp_path), value_of(tmp_path)
    assert first == again and first[1] == "6.0"
    (science / "callee.py").write_text("from numba import njit\n@njit(cache=True)\ndef f(x):\n    return 5.0 * x\n")
    name, value = value_of(tmp_path)
    assert value == "15.0" and name != first[0]
    assert len(list((science / "__pycache__").glob("kernels-*"))) == 2, "a process that is still running keeps its own"


def test_what_no_kernel_imports_changes_no_folder_and_a_constant_that_one_imports_does(tmp_path):
    from khanij.foundation.kernels import _version

    science = tmp_path / "science"
    (science / "tables").mkdir(parents=True)
    files = {
        "__init__.py": "", "tables/__init__.py": "", "tables/constants.py": "RATE = 2.0\n", "words.py": "TEXT = 'a'\n",
        "kernel.py": "from numba import njit\nfrom science.tables import (\n    constants,\n)\n@njit\ndef f(x):\n    return constants.RATE * x\n",
    }  # fmt: skip
    for name, text in files.items():
        (science / name).write_text(text)
    first = _version(science)
    (science / "words.py").write_text("TEXT = 'b'\n")
    assert _version(science) == first
    (science / "tables" / "constants.py").write_text("RATE = 3.0\n")
    assert _version(science) != first


def test_a_folder_that_the_user_named_stays(monkeypatch, tmp_path):
    from khanij.foundation import kernels

    monkeypatch.setenv(kernels.VARIABLE, str(tmp_path))
    assert kernels.keep_kernels_apart(tmp_path) is None and os.environ[kernels.VARIABLE] == str(tmp_path)


STARTER = """
import sys, time
from khanij.foundation.kernels import compiled_ahead
with compiled_ahead("ahead"):
    print("in", flush=True)
    sys.stdin.readline()
"""
AHEAD = """
import os, time
from pathlib import Path
from khanij.foundation.kernels import end_with_starter
end_with_starter()
Path(os.environ["MARK"]).write_text(str(os.getpid()))
time.sleep(300)
"""


def starter_of(folder: Path, cache: Path, cwd: Path | None = None) -> subprocess.Popen:
    (folder / "ahead.py").write_text(AHEAD)
    path = os.pathsep.join([str(ROOT), str(folder)])
    env = os.environ | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(cache), "MARK": str(folder / "mark")}
    command = [sys.executable, "-c", STARTER]
    return subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def pid_in(mark: Path) -> int:
    for _ in range(600):
        if mark.exists() and mark.read_text():
            return int(mark.read_text())
        time.sleep(0.1)
    raise AssertionError("the second process was not started")


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("end", ["leave", "kill"])
def test_the_process_that_compiles_ahead_ends_with_its_starter(end, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    with starter_of(tmp_path, cache) as starter:
        pid = pid_in(tmp_path / "mark")
        if end == "leave":
            starter.communicate(b"\n", timeout=60)
        else:
            starter.kill()
    assert is_gone(pid)


def test_nothing_is_compiled_ahead_where_kernels_are_kept_already(tmp_path):
    cache = tmp_path / "cache"
    (cache / "maps").mkdir(parents=True)
    (cache / "maps" / "kernel.nbi").write_bytes(b"")
    with starter_of(tmp_path, cache) as starter:
        starter.communicate(b"\n", timeout=60)
    assert starter.returncode == 0 and not (tmp_path / "mark").exists()


def test_the_process_that_compiles_ahead_imports_nothing_from_where_somebody_stands(tmp_path):
    here, cache = tmp_path / "tables", tmp_path / "cache"
    here.mkdir(), cache.mkdir()
    (here / "ahead.py").write_text("open('taken', 'w').close()\n")
    with starter_of(tmp_path, cache, cwd=here) as starter:
        pid_in(tmp_path / "mark")
        starter.communicate(b"\n", timeout=60)
    assert not (here / "taken").exists()


def test_a_second_process_that_cannot_be_started_stops_nothing(monkeypatch, tmp_path):
    from khanij.foundation import kernels

    def refused(*_args, **_more):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(kernels.subprocess, "Popen", refused)
    monkeypatch.setenv(kernels.VARIABLE, str(tmp_path))
    with kernels.compiled_ahead("ahead"):
        pass
    monkeypatch.delenv(kernels.VARIABLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "rglob", refused)
    with kernels.compiled_ahead(
        "ahead"
    ):  # where nothing says where kernels are kept, the folder one stands in is not it
        pass
