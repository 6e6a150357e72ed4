"""Another package of one of our names is refused, by one message that names both, wherever it comes from."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from khanij.foundation.closure import ROOT
from khanij.shadows import NAMES, ShadowedError, refuse_shadows

COMMAND = Path(sys.executable).with_name("khanij")


def start(*arguments: str, at: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | environment
    return subprocess.run(arguments, cwd=at, env=clean, capture_output=True, text=True, timeout=120, check=False)


def package(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text("")
    return folder / name


@pytest.mark.parametrize("name", NAMES)
def test_a_working_folder_that_hides_a_package_is_told_by_name(name, tmp_path):
    theirs = package(tmp_path, name)
    done = start(sys.executable, "-c", "import khanij", at=tmp_path)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert "ShadowedError" in told and str(theirs) in told and str(ROOT / name) in told
    assert "start from another working folder" in told


@pytest.mark.parametrize("command", [(sys.executable, "-m", "khanij", "sources"), (str(COMMAND), "sources")])
def test_the_command_says_it_in_one_line(command, tmp_path):
    theirs = package(tmp_path / "there", "assets")
    done = start(*command, at=tmp_path / "there", PYTHONPATH=str(tmp_path / "there"))
    assert done.returncode == 1 and done.stdout == ""
    (told,) = done.stderr.splitlines()
    assert told.startswith("khanij: ") and str(theirs) in told and str(ROOT / "assets") in told


def test_a_module_hides_as_a_package_does(tmp_path):
    (tmp_path / "scoring.py").write_text("")
    done = start(sys.executable, "-c", "import pipelines", at=tmp_path)
    assert str(tmp_path / "scoring.py") in done.stderr.splitlines()[-1]


def test_what_was_imported_before_counts_too(tmp_path):
    theirs = package(tmp_path, "publishing")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import publishing; sys.path.pop(0); import khanij"
    assert str(theirs) in start(sys.executable, "-c", code, at=ROOT).stderr.splitlines()[-1]


def test_a_folder_without_code_hides_nothing(tmp_path):
    for name in NAMES:
        (tmp_path / name).mkdir()
    done = start(sys.executable, "-c", "import khanij, assets, scoring; print(assets.__file__)", at=tmp_path)
    assert done.stdout.strip() == str(ROOT / "assets" / "__init__.py"), done.stderr


def installed(folder: Path) -> Path:
    """A folder as an installation of a wheel leaves it: the packages, and the list of their files."""
    rows = []
    for name in ("khanij", *NAMES):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        files = [p for p in sorted((folder / name).rglob("*")) if p.is_file()]
        rows += [f"{p.relative_to(folder).as_posix()},sha256=x,{p.stat().st_size}\n" for p in files]
    (folder / "khanij-0.1.0.dist-info").mkdir()
    (folder / "khanij-0.1.0.dist-info" / "RECORD").write_text("".join(rows))
    return folder


@pytest.mark.parametrize("foreign", ["views.py", "__init__.py"])
def test_two_packages_mixed_in_one_folder_are_refused(foreign, tmp_path):
    site = installed(tmp_path / "site")
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import khanij; print(khanij.__file__)"
    assert start(sys.executable, "-c", code, at=tmp_path).stdout.strip() == str(site / "khanij" / "__init__.py")
    (site / "assets" / foreign).write_text("theirs = True\n")
    told = start(sys.executable, "-c", code, at=tmp_path).stderr.splitlines()[-1]
    assert "ShadowedError" in told and foreign in told and str(site / "assets") in told


def test_the_error_carries_both_places(tmp_path, monkeypatch):
    with pytest.raises(ShadowedError) as caught:
        refuse_shadows(tmp_path)  # seen from there, this tree is the other one
    assert caught.value.name == "assets" and caught.value.path == str(ROOT / "assets" / "__init__.py")


@pytest.fixture
def environment(tmp_path) -> Path:
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    return tmp_path / "env"


def site_of(environment: Path) -> Path:
    (site,) = environment.glob("lib/python*/site-packages")
    return site


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_make_refuses_an_environment_that_holds_such_a_package(environment, tmp_path):
    theirs = package(site_of(environment), "assets")
    done = start("make", f"VENV={environment}", f"{environment}/.installed", at=ROOT)
    assert done.returncode != 0 and not (environment / ".installed").exists()
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("khanij: ")]
    assert str(theirs) in told and str(environment) in told and "'assets'" in told
    assert not [p for p in site_of(environment).iterdir() if p.name != "assets"], "something was installed all the same"


def test_an_environment_with_this_project_or_an_older_one_is_welcome(environment):
    look = (str(environment / "bin" / "python"), "-I", str(ROOT / "khanij" / "shadows.py"))
    (site_of(environment) / "_khanij.pth").write_text(f"{ROOT}\n")
    assert start(*look, at=ROOT).returncode == 0
    (site_of(environment) / "_khanij.pth").unlink()
    installed(site_of(environment))
    assert start(*look, at=ROOT).returncode == 0
    package(site_of(environment), "nothing_of_ours")
    shutil.rmtree(site_of(environment) / "khanij-0.1.0.dist-info")
    done = start(*look, at=ROOT)
    assert done.returncode == 1 and done.stderr.count("\n") == len(NAMES)
