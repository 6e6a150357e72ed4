"""The container image's steps, followed without an engine: its context, its environment, what it starts and how that ends.

With KHANIJ_LONG=1 the stage that builds is followed in a folder (from uv's cache, no registry), and what the second stage starts is
run there by a user without rights on the code. Not followed: apt-get and useradd, which need root of the image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from containerfile import BOOTSTRAP, ROOT, Followed, context, environment_of, passes, stages
from production_servers import free_port

from khanij.foundation.closure import PACKAGES

pytestmark = pytest.mark.integration
LONG = pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="minutes: make test-all")
DEPLOY = ROOT / "deploy"
USER_ID = 10001
TESTS_ONLY = {
    "pytest",
    "hypothesis",
    "moto",
    "mypy",
    "ruff",
    "ipykernel",
    "nbmake",
    "jsonschema-specifications",
    "coverage",
}
# A stop that Docker would have to make a kill of comes after ten seconds.
GRACE_S = 10.0


def copied() -> list[str]:
    """What the image takes from the context."""
    return [
        s
        for stage in stages()
        for step in stage
        if step.word == "COPY" and not step.is_from_a_stage
        for s in step.sources
    ]


def test_the_context_is_what_is_copied_and_nothing_else():
    found, wanted = set(context()), copied()
    assert {name.split("/")[0] for name in found} == set(wanted)
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", *wanted], cwd=ROOT, capture_output=True, text=True, check=True)
        known = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
        assert known <= found, sorted(known - found)
        strange = {n for n in found - known if not n.endswith(".py")}  # a module that is not yet committed
        assert strange == set()


@pytest.mark.parametrize(
    "path",
    [".git/config", ".venv/bin/python", "output/india/ranked_blocks.gpkg", ".khanij/store/x", "releases/india/x", "data/secret.csv",
     "deploy/khanij.env", "khanij.env", "khanij/__pycache__/face.cpython-311.pyc", "scoring/a/__pycache__/kernels-1/x.nbc",
     "tests/cases.py", "regions/own.yaml", "khanij2/x.py"],
)  # fmt: skip
def test_what_no_image_may_hold_is_not_sent(path):
    assert not passes(path)


def test_all_that_the_product_is_installed_from_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(PACKAGES) == set(wheel) and set(wheel) <= set(copied())
    assert {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"} <= set(copied())
    extras = set(re.search(r"-e '\.\[([\w,]+)\]'", " ".join(s.text for s in stages()[0]))[1].split(","))
    assert extras <= set(project["project"]["optional-dependencies"])
    assert BOOTSTRAP in " ".join(s.text for s in stages()[0]), "what the long form does in place of it"


def started_by_the_deployments() -> list[list[str]]:
    """Every command that is started in the image: by itself, in Docker, in Kubernetes."""
    last = {s.word: s.words for s in stages()[-1]}
    found = [last["ENTRYPOINT"] + last["CMD"]]
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    found += [s["entrypoint"] for s in compose["services"].values() if s["image"] == "khanij"]
    for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "khanij.yaml").read_text()):
        if document["kind"] == "Deployment":
            found += [c["command"] for c in document["spec"]["template"]["spec"]["containers"]]
    return found


def test_what_is_started_in_the_image_is_a_program_of_its_environment():
    """Of sh -c each command in turn; the last one takes the shell's place, so that a signal reaches it."""
    for command in started_by_the_deployments():
        if command[0] == "sh":
            lines = command[2].split(" && ")
            assert lines[-1].startswith("exec "), command
            programs = [line.removeprefix("exec ").split()[0] for line in lines]
        else:
            programs = [command[0]]
        for program in programs:
            assert Path(sys.executable).with_name(program).is_file(), command


def test_all_that_is_written_lies_in_the_volume_of_an_unprivileged_user():
    last = stages()[-1]
    words = {s.word: s for s in last}
    (volume,) = words["VOLUME"].words
    known = environment_of(last, {"PATH": "/bin"})
    places = {name: value for name, value in known.items() if value.startswith("/") and name != "PATH"}
    assert set(places) == {"KHANIJ_HOME", "KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_RELEASES", "DAGSTER_HOME"}
    assert all(Path(value).is_relative_to(volume) for value in places.values()) and words["WORKDIR"].text == volume
    install = next(s.text for s in last if s.word == "RUN")
    assert f"useradd --system --uid {USER_ID} --home-dir {volume}" in install
    assert f"chown -R khanij:khanij {volume}" in install and words["USER"].text == "khanij"
    assert [s.word for s in last].index("USER") > [s.word for s in last].index("RUN")
    ids = re.findall(r"runAsUser: (\d+)", (DEPLOY / "kubernetes" / "khanij.yaml").read_text())
    assert ids and set(ids) == {str(USER_ID)}
    (code,) = (s for s in last if s.word == "COPY")
    assert "--chown=root:root" in code.words, "whoever runs it may not change it"


def test_the_code_that_is_copied_knows_its_version_and_its_sources_without_the_rest_of_the_tree(tmp_path):
    for name in context():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path),
        "KHANIJ_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path),
    }
    for words, told in (
        (["--version"], "0."),
        (["sources"], "embedded_register"),
        (["new", "region", "--help"], "--from"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "khanij", *words],
            cwd=tmp_path,
            env=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 and told in done.stdout, done.stderr
    where = "import khanij, pipelines; print(khanij.__file__, pipelines.__file__)"
    done = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, env=given, capture_output=True, text=True)
    assert done.stdout.count(str(tmp_path)) == 2, "it is the copy that was asked"


def base_python() -> str:
    """A Python 3.11 that every user may run, where there is one; else this one's."""
    for found in ("/usr/local/bin/python3.11", "/usr/bin/python3.11"):
        if Path(found).is_file() and not subprocess.run([found, "-c", "import ensurepip"], check=False).returncode:
            return found
    return str(Path(sys.base_prefix) / "bin" / "python3.11")


@pytest.fixture(scope="module")
def image() -> Iterator[Followed]:
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        pytest.skip("no uv beside this Python: make test builds the environment with it")
    # Not below pytest's own folder: that one is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="khanij-image-"))
    folder.chmod(0o755)
    found = Followed(folder, base_python(), uv)
    try:
        try:
            found.run()
        except AssertionError as error:
            if "network was disabled" in str(error).lower() or "network connectivity is disabled" in str(error):
                pytest.skip("uv's cache does not hold what the locks name: make production fills it")
            raise
        home = folder / "var" / "lib" / "khanij"
        (home / "dagster").mkdir(parents=True)
        if os.geteuid() == 0:
            for place in (home, home / "dagster"):
                os.chown(place, USER_ID, USER_ID)
        yield found
    finally:
        shutil.rmtree(folder)


def inside(image: Followed, **more: str) -> dict[str, Any]:
    """How a program of the second stage is started: its environment, folder and, where this is root, its user."""
    given = {"HOME": str(image.root / "var/lib/khanij"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    known = {name: image.here(value) for name, value in environment_of(stages()[-1], given).items()}
    as_user = (
        {"user": USER_ID, "group": USER_ID, "extra_groups": []} if os.geteuid() == 0 and others_may_run(image) else {}
    )
    return {
        "env": known | more,
        "cwd": image.here(next(s.text for s in stages()[-1] if s.word == "WORKDIR")),
        **as_user,
    }


def others_may_run(image: Followed) -> bool:
    """Whether the interpreter that was built with lies where any user may reach it."""
    real = Path(image.base).resolve()
    return all(p.stat().st_mode & 0o001 for p in (real, *real.parents))


def ask(image: Followed, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    how = inside(image, **more)
    program = shutil.which(words[0], path=how["env"]["PATH"])
    assert program is not None and program.startswith(str(image.root)), words[0]
    return subprocess.run([program, *words[1:]], capture_output=True, text=True, timeout=1800, check=False, **how)


@LONG
def test_the_environment_holds_the_locked_versions_and_no_test_tools(image):
    told = subprocess.run(
        [str(image.root / "opt/khanij/.venv/bin/python"), "-c",
         "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    there = dict(pair.lower().replace("_", "-").split("==") for pair in told.split())
    locked: dict[str, set[str]] = {}
    for name in ("requirements.lock", "requirements-dev.lock"):
        for package, version in re.findall(r"^([\w.\[\]-]+)==([^ \\\n;]+)", (ROOT / name).read_text(), re.M):
            locked.setdefault(re.sub(r"\[.*\]", "", package).lower().replace("_", "-").replace(".", "-"), set()).add(
                version
            )
    other = {
        n: v
        for n, v in there.items()
        if n not in ("khanij", "pip", "setuptools") and v not in locked.get(n.replace(".", "-"), ())
    }
    assert other == {} and not TESTS_ONLY & set(there)


@LONG
def test_the_entry_point_answers_and_ranks_a_region_as_a_user_without_rights_on_the_code(image):
    entry = next(s.words for s in stages()[-1] if s.word == "ENTRYPOINT")
    assert ask(image, *entry, "--version").stdout.startswith("khanij ")
    regions = image.root / "regions"
    regions.mkdir()
    shutil.copy(ROOT / "tests" / "regions" / "small_east.yaml", regions)
    before = set((image.root / "opt").rglob("*"))
    done = ask(image, *entry, "run", "--region", "small_east", KHANIJ_REGIONS=str(regions))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (image.root / "var/lib/khanij/output/small_east/ranked_blocks.gpkg").is_file()
    if "user" in inside(image):
        assert set((image.root / "opt").rglob("*")) == before, "it has written beside the code"


@LONG
def test_nothing_is_asked_of_the_system_but_what_the_second_stage_installs(image):
    """Beyond what a Debian with Python has: by ldd of every library, against the packages that apt-get is told."""
    if shutil.which("ldd") is None:
        pytest.skip("no ldd on this system")
    libraries = [str(p) for p in (image.root / "opt").rglob("*.so*") if p.is_file()]
    own = {Path(p).name.partition(".so")[0] for p in libraries}
    told = subprocess.run(["ldd", *libraries], capture_output=True, text=True, check=False).stdout
    asked = set(re.findall(r"^\s+(lib[\w+.-]+?)\.so\S* => (?:/(?:usr/)?lib|not found)", told, re.M))
    there = set("libc libm libdl libpthread librt libutil libresolv libgcc_s libstdc++ libz libcrypt".split())
    there.add("libtbb")  # numba's third pool of threads, taken only where it lies
    install = next(s.text for s in stages()[-1] if s.word == "RUN")
    packages = re.search(r"--no-install-recommends ([^&]*)&&", install)[1].split()
    assert asked - there - own == {package.rstrip("0123456789") for package in packages}


def until(happened: Callable[[], Any], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.3)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == 200
    except httpx.HTTPError:
        return False


@LONG
def test_code_server_web_server_and_daemon_work_together_and_end_when_they_are_asked(image, tmp_path):
    """The commands of the compose file; an engine asks the first process alone, by SIGTERM, and kills after ten seconds."""
    code, port = free_port(), free_port()
    workspace = yaml.safe_load((DEPLOY / "docker" / "workspace.yaml").read_text())
    workspace["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": code}
    (image.root / "etc" / "khanij").mkdir(parents=True)
    (image.root / "etc" / "khanij" / "workspace.yaml").write_text(yaml.safe_dump(workspace))
    services = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())["services"]
    running = {}
    ends = {"0.0.0.0": "127.0.0.1", "4000": str(code), "3000": str(port)}
    try:
        for name in ("khanij-code", "khanij-daemon", "khanij-webserver"):
            how = inside(image)
            command = [ends.get(word, image.here(word)) for word in services[name]["entrypoint"]]
            command[0] = shutil.which(command[0], path=how["env"]["PATH"])
            with (tmp_path / name).open("wb") as log:
                running[name] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
        for name in running:
            log, said = (
                tmp_path / name,
                {"khanij-daemon": b"Instance is configured", "khanij-code": b"Started Dagster code"},
            )
            if name in said:
                until(lambda log=log, word=said[name]: word in log.read_bytes(), running[name], log)
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/server_info"), running["khanij-webserver"], tmp_path / "khanij-webserver")
        asked = {"query": "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }"}

        def is_loaded() -> bool:
            told = httpx.post(f"{url}/graphql", json=asked, timeout=120).json()["data"]["workspaceOrError"]
            return told["locationEntries"] == [{"name": "khanij", "loadStatus": "LOADED"}]

        until(is_loaded, running["khanij-webserver"], tmp_path / "khanij-webserver")
        for name in ("khanij-webserver", "khanij-daemon", "khanij-code"):
            began = time.monotonic()
            running[name].terminate()
            running[name].wait(60)
            assert time.monotonic() - began < GRACE_S, f"{name}: {(tmp_path / name).read_text()[-2000:]}"
    finally:
        for process in running.values():
            if process.poll() is None:
                os.killpg(process.pid, 9)
                process.wait(10)
