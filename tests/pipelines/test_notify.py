"""A failure's message: readable, sent where configured, without a secret in it, and never a second failure."""

import http.server
import json
import logging
import socketserver
import threading
from pathlib import Path

import pytest

from khanij.foundation.environment import NotifySettings
from pipelines.automations.notify import EVENTS, Alert, redact, root_cause, tell
from pipelines.cli import main

FAILURE = Alert(
    event="failed",
    key="run:rank_region:india",
    subject="india: assessment failed",
    why=("assessment: the grade 2e6 ppm is impossible (file grades.csv, row 7)",),
    kept="What was published of india before is still in place.",
    next="it is tried again by the nightly at 02:00 (India).",
    do="khanij run --region india",
    region="india",
    run_id="run-1",
    started_by="nightly",
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
        "What happens next: it is tried again",
        "What to do: khanij run --region india",
        "http://ui:3000/runs/run-1",
        "Started by: nightly",
    ):
        assert part in text


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
        assert tell(FAILURE) == []
    assert "row 7" in caplog.text


def test_a_webhook_gets_the_message(receiver):
    url, got, _ = receiver
    assert tell(FAILURE, NotifySettings(webhook=url)) == []
    assert "row 7" in got[0]["text"] and got[0]["event"] == "failed" and got[0]["region"] == "india"


def test_a_webhook_that_fails_is_logged_without_its_address(receiver, caplog):
    url, _, status = receiver
    status[0] = 500
    assert tell(FAILURE, NotifySettings(webhook=url)) == ["webhook"], "to be tried again"
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
        assert tell(FAILURE, settings) == []
        server.shutdown()
    mail = b"".join(lines).decode()
    assert "Subject: Khanij: india: assessment failed" in mail and "row 7" in mail and "duty@example.org" in mail


def test_settings_never_show_their_secrets():
    text = repr(NotifySettings(webhook="https://h/SECRET", smtp_password="PASS"))
    assert "SECRET" not in text and "PASS" not in text


def test_the_manual_names_every_event():
    manual = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
    assert all(f"`{event}`" in manual for event in EVENTS)


def test_a_trial_says_that_it_is_one_and_whether_it_was_taken(receiver, monkeypatch, capsys):
    url, got, status = receiver
    monkeypatch.setenv("KHANIJ_NOTIFY_WEBHOOK", url)
    assert main(["check", "--alerts"]) == 0
    assert got[0]["event"] == "trial" and "this is a trial" in got[0]["text"]
    assert capsys.readouterr().out == "webhook: a trial message was taken\n"
    status[0] = 500
    assert main(["check", "--alerts"]) == 1
    assert "webhook: NOT taken" in capsys.readouterr().out


def test_a_trial_without_a_channel_says_which_to_name(monkeypatch, capsys):
    for name in ("KHANIJ_NOTIFY_WEBHOOK", "KHANIJ_NOTIFY_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    assert main(["check", "--alerts"]) == 1
    assert "set KHANIJ_NOTIFY_WEBHOOK" in capsys.readouterr().out
