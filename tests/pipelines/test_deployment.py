"""Deployment files: what they name exists, nothing listens to the world, and no secret stands in them."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
    assert Path(command[0]).name in {"dagster-webserver", "dagster-daemon"}
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


def test_the_web_server_binds_to_loopback_by_default():
    from pipelines.cli import parser

    assert parser("ui").parse_args(["ui"]).host == "127.0.0.1"


def test_no_secret_stands_in_any_file():
    for name, value in environment().items():
        if any(part in name for part in SECRETS):
            assert value == "", name
    for file in (p for p in DEPLOY.rglob("*") if p.is_file()):
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
