"""Deployment files: what they name exists, nothing listens to the world, and no secret stands in them."""

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml

from pipelines.booking import LOCATION
from pipelines.cli import parser

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SECRETS = ("PASSWORD", "SECRET", "WEBHOOK", "ACCESS_KEY")


def environment() -> dict[str, str]:
    """Every variable of the example file, used or commented out."""
    lines = (DEPLOY / "khanij.env.example").read_text().splitlines()
    pairs = [line.lstrip("#").partition("=") for line in lines if re.match(r"#?[A-Z][A-Z0-9_]*=", line)]
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_units_run_as_their_own_user_with_secrets_from_the_environment_file(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(unit)
    service = parser["Service"]
    assert service["User"] == "khanij" and service["NoNewPrivileges"] == "yes" and service["ProtectSystem"] == "strict"
    assert service["EnvironmentFile"] == "/etc/khanij/khanij.env"
    command = shlex.split(service["ExecStart"])
    assert Path(command[0]).name in {"dagster-webserver", "dagster-daemon", "khanij"}
    if "-h" in command:
        assert command[command.index("-h") + 1] == "127.0.0.1"
    assert parser["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze: apt-get install systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_systemd_itself_accepts_the_units(unit, tmp_path):
    installed = tmp_path / unit.name  # the programs stand elsewhere here
    installed.write_text(unit.read_text().replace("/opt/khanij/.venv/bin", str(Path(sys.executable).parent)))
    done = subprocess.run(["systemd-analyze", "verify", str(installed)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and unit.name not in done.stderr, done.stderr


@pytest.mark.parametrize("timer", sorted((DEPLOY / "systemd").glob("*.timer")), ids=lambda p: p.name)
def test_a_timer_runs_a_verb_that_ends(timer, tmp_path):
    service = timer.with_suffix(".service").read_text()
    assert "Type=oneshot" in service
    command = shlex.split(re.search("ExecStart=(.*)", service)[1])
    assert parser(command[1]).parse_args(command[1:]).quiet, "the journal gets one line"
    if shutil.which("systemd-analyze"):
        for unit in (timer, timer.with_suffix(".service")):
            text = unit.read_text().replace("/opt/khanij/.venv/bin", str(Path(sys.executable).parent))
            (tmp_path / unit.name).write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", str(tmp_path / timer.name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 and timer.name not in done.stderr, done.stderr


def test_the_web_server_binds_to_loopback_by_default():
    assert parser("ui").parse_args(["ui"]).host == "127.0.0.1"


def test_no_secret_stands_in_any_file():
    for name, value in environment().items():
        if any(part in name for part in SECRETS):
            assert value == "", name
    for file in (p for p in DEPLOY.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        assert not re.search(r"password\s*:\s*(?!\{env:)\S", file.read_text()), file


def test_the_instance_takes_its_secrets_from_the_environment_and_limits_what_runs_at_once():
    settings = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
    database = settings["storage"]["postgres"]["postgres_db"]
    assert database["password"] == {"env": "KHANIJ_PG_PASSWORD"}
    (limit,) = settings["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit["key"] == "dagster/partition" and limit["limit"] == 1
    assert settings["concurrency"]["pools"]["default_limit"] == 1
    assert not settings["telemetry"]["enabled"] and not settings["run_retries"]["retry_on_asset_or_op_failure"]


def test_every_variable_of_the_example_is_read_somewhere_and_explained():
    code = "\n".join(
        p.read_text() for top in ("khanij", "pipelines", "assets", "data_sources") for p in (ROOT / top).rglob("*.py")
    )
    code += (DEPLOY / "dagster.yaml").read_text()
    manual = (ROOT / "docs" / "operations.md").read_text()
    for name in environment():
        assert name in code or name.startswith("AWS_"), f"{name} is read nowhere"
        assert name in manual, f"{name} is not explained in docs/operations.md"


def test_the_container_is_locked_unprivileged_and_copies_what_exists():
    lines = [
        line
        for line in (DEPLOY / "Containerfile").read_text().replace("\\\n", " ").splitlines()
        if line and not line.startswith("#")
    ]
    words = [
        shlex.split(line) if not line.startswith(("CMD", "ENTRYPOINT", "VOLUME")) else line.split(None, 1)
        for line in lines
    ]
    known = {"FROM", "WORKDIR", "ENV", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"}
    assert {w[0] for w in words} <= known
    users = [w[1] for w in words if w[0] == "USER"]
    assert users and users[-1] == "khanij"
    for w in words:
        if w[0] == "COPY" and not any(part.startswith("--from") for part in w):
            for source in w[1:-1]:
                assert (ROOT / source).exists(), source
    installs = [line for line in lines if ("pip install" in line and "-r " in line) or "pip sync" in line]
    assert installs and all("--require-hashes" in line for line in installs)


def test_an_empty_dagster_home_gets_the_embedded_settings_and_a_filled_one_keeps_its_own(tmp_path, monkeypatch):
    from pipelines.resources import DAGSTER_YAML, prepare_dagster_home

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    file = prepare_dagster_home() / "dagster.yaml"
    assert file.read_text() == DAGSTER_YAML
    file.write_text("telemetry: {enabled: false}\n")
    prepare_dagster_home()
    assert file.read_text() == "telemetry: {enabled: false}\n"


def launched_by(name: str, folder: Path) -> dg.DagsterInstance:
    """An instance with the settings of a folder of ``deploy``; its books lie here, and the cluster is nobody's."""
    settings = yaml.safe_load((DEPLOY / name / "dagster.yaml").read_text())
    del settings["storage"]
    if name == "kubernetes":
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "here", "users": [{"name": "u", "user": {}}],
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }  # fmt: skip
        (folder / "kubeconfig").write_text(yaml.safe_dump(config))
        settings["run_launcher"]["config"] |= {
            "load_incluster_config": False,
            "kubeconfig_file": str(folder / "kubeconfig"),
        }
    (folder / "dagster.yaml").write_text(yaml.safe_dump(settings))
    return dg.DagsterInstance.from_config(str(folder))


@pytest.mark.parametrize("name", ["docker", "kubernetes"])
def test_dagsters_own_launchers_load_and_ask_whether_a_run_lives(name, tmp_path):
    with launched_by(name, tmp_path) as instance:
        assert type(instance.run_launcher).__module__.startswith(("dagster_docker", "dagster_k8s"))
        assert instance.run_launcher.supports_check_run_worker_health
        assert instance.run_retries_enabled and instance.run_monitoring_enabled


def test_the_three_instances_differ_in_their_launcher_alone():
    found = {
        name: yaml.safe_load((DEPLOY / name / "dagster.yaml").read_text()) for name in (".", "docker", "kubernetes")
    }
    launchers = {name: settings.pop("run_launcher", None) for name, settings in found.items()}
    assert launchers["."] is None and launchers["docker"] and launchers["kubernetes"]
    assert found["."] == found["docker"] == found["kubernetes"]


def test_services_name_volumes_files_and_a_location_that_exist():
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (
                source in compose["volumes"] or source.startswith("/var/run/") or (DEPLOY / "docker" / source).is_file()
            )
        assert all(p.startswith("127.0.0.1:") for p in service.get("ports", [])), name
    objects = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "khanij.yaml").read_text()))
    there = {(o["kind"], o["metadata"]["name"]) for o in objects}
    for deployment in (o for o in objects if o["kind"] == "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        volumes = {v["name"] for v in spec["volumes"]}
        assert ("PersistentVolumeClaim", "khanij") in there and ("ServiceAccount", spec["serviceAccountName"]) in there
        assert {m["name"] for c in spec["containers"] for m in c["volumeMounts"]} == volumes
    assert not [o for o in objects if o["kind"] == "Service" and o["metadata"]["name"] != "khanij-code"]
    for name in ("docker", "kubernetes"):
        (load,) = yaml.safe_load((DEPLOY / name / "workspace.yaml").read_text())["load_from"]
        assert load["grpc_server"]["location_name"] == LOCATION and load["grpc_server"]["host"] == "khanij-code"


def test_the_container_of_the_code_ends_with_the_process_that_has_the_code(tmp_path):
    """What starts it again looks at the container's first process alone; that one answers, and has no other below it."""
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())["services"]["khanij-code"]["entrypoint"]
    objects = yaml.safe_load_all((DEPLOY / "kubernetes" / "khanij.yaml").read_text())
    (pod,) = [o for o in objects if (o["kind"], o["metadata"]["name"]) == ("Deployment", "khanij-code")]
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    assert compose == container["command"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [{"0.0.0.0": "127.0.0.1", "4000": port}.get(word, word) for word in compose]
    env = {**os.environ, "KHANIJ_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    dagster = [sys.executable, "-m", "dagster"]
    with subprocess.Popen([*dagster, *words[1:]], cwd=ROOT, env=env) as server:
        try:
            until = time.monotonic() + 120
            asked = [*dagster, "api", "grpc-health-check", "-p", port]
            while subprocess.run(asked, env=env, capture_output=True, check=False).returncode:
                assert server.poll() is None and time.monotonic() < until
            listed = subprocess.run(["ps", "-e", "-o", "ppid="], capture_output=True, text=True, check=True)
            assert str(server.pid) not in listed.stdout.split()
        finally:
            server.kill()  # what is asked here is what stands below it, not how it ends


def test_a_home_that_names_the_former_launcher_is_mended_or_told(tmp_path, monkeypatch):
    from khanij.foundation.errors import KhanijError
    from pipelines.resources import DAGSTER_YAML, prepare_dagster_home

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    line = "run_launcher: {module: pipelines.launcher, class: RegionRunLauncher}\n"
    monitoring = "run_monitoring: {enabled: true, max_runtime_seconds: 21600}\n"
    assert monitoring in DAGSTER_YAML
    (tmp_path / "dagster.yaml").write_text(
        DAGSTER_YAML.replace(monitoring, f"{line}run_monitoring: {{enabled: true}}\n")
    )
    prepare_dagster_home()
    assert (tmp_path / "dagster.yaml").read_text() == DAGSTER_YAML, "what nobody had edited"
    (tmp_path / "dagster.yaml").write_text(DAGSTER_YAML + line)
    with pytest.raises(KhanijError, match="no more") as told:
        prepare_dagster_home()
    assert "delete that line" in str(told.value)
