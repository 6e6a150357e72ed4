"""Real servers for the production profile, on loopback and only for as long as a test needs them."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

POSTGRES = (
    max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda p: int(p.parent.name))
    if Path("/usr/lib/postgresql").is_dir()
    else None
)
PASSWORD = "not-in-any-log-4711"


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Postgres:
    """A private PostgreSQL cluster with one database."""

    port: int
    environment: dict[str, str]


def wait_for_dagster(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until Dagster's web server answers on a port of this machine; a process that ended before tells its log."""
    until = time.monotonic() + 120
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/server_info").status_code == 200:
                return
        assert process.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.2)


def postgres_missing() -> str:
    """Why a private PostgreSQL cannot be started here; empty where it can."""
    if POSTGRES is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "PostgreSQL refuses to run as root and there is no runuser"
    return ""


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A private cluster below ``folder``, with a password, ended when the context is left."""
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    owner = "postgres" if as_user else None
    data = folder / "pg"
    data.mkdir()
    if owner:
        shutil.chown(data, owner)
        for parent in [folder, *folder.parents]:
            if parent == Path(parent.anchor) or parent == Path("/tmp"):
                break
            parent.chmod(parent.stat().st_mode | 0o011)
    secret = folder / "pw"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    run = lambda *command: subprocess.run([*as_user, *map(str, command)], check=True, capture_output=True, cwd="/")  # noqa: E731
    run(
        POSTGRES / "initdb",
        "-D",
        data,
        "-U",
        "khanij",
        "-A",
        "scram-sha-256",
        "--pwfile",
        secret,
        "-E",
        "UTF8",
        "--no-locale",
    )
    for left in (2, 1, 0):  # between its being found free and its use another test may have taken a port
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={data} -c fsync=off"
        try:
            run(POSTGRES / "pg_ctl", "-D", data, "-w", "-t", "120", "-o", options, "-l", data / "log", "start")
            break
        except subprocess.CalledProcessError as error:
            log = (data / "log").read_text(errors="replace") if (data / "log").exists() else ""
            assert left, f"PostgreSQL did not start: {error.stderr.decode()}\n{log[-2000:]}"
    try:
        environment = {
            "KHANIJ_PG_HOST": "127.0.0.1",
            "KHANIJ_PG_PORT": str(port),
            "KHANIJ_PG_USER": "khanij",
            "KHANIJ_PG_PASSWORD": PASSWORD,
            "KHANIJ_PG_DB": "khanij",
        }
        subprocess.run(
            [POSTGRES / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "khanij", "khanij"],
            check=True,
            capture_output=True,
            env={**os.environ, "PGPASSWORD": PASSWORD},
        )
        yield Postgres(port, environment)
    finally:
        stop = [*as_user, str(POSTGRES / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[dict[str, str]]:
    """moto's S3 server as its own process; yields the environment that points at it, with a bucket ``khanij``."""
    port = free_port()
    log = (folder / "moto.log").open("wb")
    # Connections are kept between requests, as every S3 server keeps them.
    program = (
        "from werkzeug.serving import WSGIRequestHandler as H; H.protocol_version = 'HTTP/1.1'; "
        "from moto.server import main; main()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
    )
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test-key",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if time.monotonic() > until or server.poll() is not None:
                raise RuntimeError("moto's server did not start: " + (folder / "moto.log").read_text())
            time.sleep(0.1)
        import s3fs

        client = {"endpoint_url": environment["AWS_ENDPOINT_URL"], "region_name": "ap-south-1"}
        s3fs.S3FileSystem(key="test-key", secret=PASSWORD, client_kwargs=client, skip_instance_cache=True).mkdir(
            "khanij"
        )
        yield environment
    finally:
        server.kill()
        server.wait()
        log.close()


def khanij(
    arguments: list[str], environment: dict[str, str], timeout_s: float = 600
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with nothing of this installation's environment but what is given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
