"""A kernel is compiled anew when a function that it calls, in another file, has changed."""

import os
import subprocess
import sys
from pathlib import Path

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
