"""A failure's message: readable, sent where configured, without a secret in it, and never a second failure."""

import http.server
import json
import logging
import socketserver
import threading

import dagster as dg
import pytest

from khanij.foundation.environment import NotifySettings
from pipelines.automations.notify import Failure, redact, root_cause, tell

FAILURE = Failure(
    "rank_region",
    "india",
    "run-1",
    (("assessment", "the grade 2e6 ppm is impossible (file grades.csv, row 7)"),),
    "nightly",
)


@pytest.fixture
def receiver():
    """A loopback web server that keeps what is posted to it and answers as told."""
    got: list[dict] = []
    status = [204]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *args):
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook/SECRETPATH", got, status
        server.shutdown()


def test_the_message_says_what_failed_why_and_what_to_do():
    text = FAILURE.text("http://ui:3000")
    assert text.startswith("Khanij: india: assessment failed")
    for part in (
        "row 7",
        "still in place",
        "khanij run --region india",
        "http://ui:3000/runs/run-1",
        "Started by: nightly",
    ):
        assert part in text


def test_a_killed_run_without_a_reason_still_gets_a_message():
    assert "killed?" in Failure("rank_region", "india", "r", ()).text()


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("connect postgresql://khanij:s3cret@db:5432/x failed", "s3cret"),
        ("AWS_SECRET_ACCESS_KEY=abc123 is wrong", "abc123"),
        ("password: hunter2, user: x", "hunter2"),
        ("GET https://h/?token=tok123&x=1", "tok123"),
    ],
)
def test_secrets_are_taken_out(text, gone):
    assert gone not in redact(text) and "***" in redact(text)


def test_ordinary_text_is_left_alone():
    text = "column La_ppm of https://example.org/a:b is in ppb (row 12: value 3)"
    assert redact(text) == text


def test_the_innermost_reason_is_told():
    assert root_cause(["step failed", "", "the file is missing\n  and more"]) == "the file is missing and more"
    assert root_cause([]) == "no reason was given"


def test_by_default_only_the_log_is_told(caplog, monkeypatch):
    for name in ("KHANIJ_NOTIFY_WEBHOOK", "KHANIJ_NOTIFY_EMAIL", "KHANIJ_SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    with caplog.at_level(logging.ERROR, "khanij.notify"):
        assert tell(FAILURE) == ["log"]
    assert "row 7" in caplog.text


def test_a_webhook_gets_the_message(receiver):
    url, got, _ = receiver
    assert tell(FAILURE, NotifySettings(webhook=url)) == ["log", "webhook"]
    assert "row 7" in got[0]["text"]


def test_a_webhook_that_fails_is_logged_without_its_address(receiver, caplog):
    url, _, status = receiver
    status[0] = 500
    assert tell(FAILURE, NotifySettings(webhook=url)) == ["log"]
    assert "webhook" in caplog.text and "SECRETPATH" not in caplog.text


def test_an_email_is_sent(tmp_path):
    lines: list[bytes] = []

    class Smtp(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 ready\r\n")
            in_data = False
            for line in self.rfile:
                lines.append(line)
                if in_data:
                    if line == b".\r\n":
                        in_data = False
                        self.wfile.write(b"250 taken\r\n")
                elif line.upper().startswith(b"DATA"):
                    in_data = True
                    self.wfile.write(b"354 go on\r\n")
                elif line.upper().startswith(b"QUIT"):
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = NotifySettings(
            email_to=("duty@example.org",), smtp_host="127.0.0.1", smtp_port=server.server_address[1], smtp_tls=False
        )
        assert tell(FAILURE, settings) == ["log", "email"]
        server.shutdown()
    mail = b"".join(lines).decode()
    assert "Subject: Khanij: india: assessment failed" in mail and "row 7" in mail and "duty@example.org" in mail


def test_settings_never_show_their_secrets():
    text = repr(NotifySettings(webhook="https://h/SECRET", smtp_password="PASS"))
    assert "SECRET" not in text and "PASS" not in text


def test_a_failed_run_becomes_one_readable_failure():
    from pipelines.automations.hooks import failed_runs, failure_of

    @dg.op
    def breaks():
        raise ValueError("row 3 has no unit")

    @dg.job(tags={"dagster/partition": "india"})
    def broken():
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        run = broken.execute_in_process(instance=instance, raise_on_error=False)
        failure = failure_of(run.dagster_run, [e for e in run.all_events if e.is_step_failure])
        assert failure.region == "india" and failure.steps[0][0] == "breaks"
        assert "row 3 has no unit" in failure.steps[0][1] and "Traceback" not in failure.text()
        event = next(e for e in run.all_events if e.event_type_value == "PIPELINE_FAILURE")
        with dg.build_run_status_sensor_context("failed_runs", event, instance, run.dagster_run) as context:
            failed_runs(context.for_run_failure())
