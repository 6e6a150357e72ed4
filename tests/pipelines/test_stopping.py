"""Ctrl-C and SIGTERM inside one process: every verb tells one line and 130, work ends in good order, handlers go back."""

import os
import signal
import threading
import time
from importlib import import_module

import dagster as dg
import pytest

from pipelines import cli, stopping
from pipelines.cli import module_of
from pipelines.stopping import Stopped, heard, interruptible
from pipelines.stores.leases import announce_stop, close_stopped_run
from publishing.uninterrupted import uninterrupted

SIGNALS = [signal.SIGINT, signal.SIGTERM]
COMMANDS = {
    "run": [],
    "explain": ["X"],
    "sources": [],
    "fetch": ["--card", "x"],
    "validate": ["x.csv", "--as", "faults"],
    "shortlist": [],
    "dossier": ["--region", "india"],
    "release": [],
}


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_verb_ends_with_one_line_and_130(verb, number, monkeypatch, capsys):
    before = [signal.getsignal(n) for n in SIGNALS]

    def pressed(_):
        signal.raise_signal(number)
        raise AssertionError("it went on")

    monkeypatch.setattr(module_of(verb), "main", pressed)
    assert cli.main([verb, *COMMANDS[verb]]) == 130
    assert capsys.readouterr().err == f"khanij {verb}: stopped; what was finished is kept\n"
    assert [signal.getsignal(n) for n in SIGNALS] == before


@pytest.mark.parametrize("made_of_it", [ImportError, OSError, RuntimeError])
def test_what_a_library_makes_of_an_interruption_is_still_a_stop(made_of_it, monkeypatch, capsys):
    def pressed(_):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise made_of_it("the module could not be imported") from None

    monkeypatch.setattr(import_module("pipelines.cli.release"), "main", pressed)
    assert cli.main(["release"]) == 130
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("moment", ["during", "between", "after"])
def test_a_stop_of_several_regions_names_what_was_not_done(moment, monkeypatch, capsys, tmp_path):
    import pipelines.cli.shown.tables
    import pipelines.runs

    begun: list[str] = []

    def run_region(region, **_):
        begun.append(region)
        if region == "sample_district" and moment == "during":
            signal.raise_signal(signal.SIGINT)
        return pipelines.runs.Outcome(region, tmp_path / region, 1)

    def print_result(_console, path, _top):
        if path.name == {"between": "india", "after": "sample_district"}.get(moment):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))  # where nothing is current, whatever was made in this checkout
    monkeypatch.setattr(pipelines.runs, "run_region", run_region)
    monkeypatch.setattr(pipelines.cli.shown.tables, "print_result", print_result)
    monkeypatch.setattr(pipelines.cli.shown.tables, "result_of", lambda _path, _top: {})
    assert cli.main(["run", "--region", "india", "--region", "sample_district"]) == 130
    told = capsys.readouterr().err.splitlines()[-1]
    says = {
        "during": " (region sample_district was under way)",
        "between": " (not begun: sample_district)",
        "after": "",
    }
    assert told == f"khanij run: stopped; what was finished is kept{says[moment]}"
    assert begun == (["india"] if moment == "between" else ["india", "sample_district"])


class Interrupted(BaseException):
    pass


def press_after(seconds: float, number: int = signal.SIGINT) -> None:
    threading.Timer(seconds, os.kill, (os.getpid(), number)).start()


@pytest.mark.parametrize("number", SIGNALS)
def test_work_is_interrupted_where_it_stands_after_the_stop_was_booked(number):
    order: list[str] = []

    def work() -> None:
        try:
            while True:
                time.sleep(0.01)
        except Interrupted:
            order.append("interrupted")
            raise
        finally:
            order.append("cleaned up")

    with heard(), pytest.raises(Stopped):
        press_after(0.2, number)
        interruptible(work, lambda: order.append("booked"), Interrupted)
    assert order == ["booked", "interrupted", "cleaned up"]


def test_a_stop_that_is_not_obeyed_at_once_is_spoken_of(monkeypatch, capsys):
    monkeypatch.setattr("pipelines.stopping.PATIENCE_S", 0.1)

    def work() -> None:
        time.sleep(2.5)  # one long call, as of a compiled library: the interruption comes when it returns

    with heard(), pytest.raises(Stopped):
        press_after(0.1)
        interruptible(work, lambda: None, Interrupted)
    assert capsys.readouterr().err.count("stopping: what is under way ends first") == 1


def test_a_stop_asked_for_elsewhere_is_heard():
    asked = iter([False, True, True, True])

    def work() -> None:
        while True:
            time.sleep(0.01)

    with heard(), pytest.raises(Stopped), pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.stopping.ASK_S", 0.1)
        interruptible(work, lambda: None, Interrupted, lambda: next(asked, True))


def test_a_stretch_that_belongs_together_is_finished_first():
    renamed: list[int] = []

    def work() -> None:
        for _ in range(100):
            with uninterrupted():
                for part in range(3):
                    time.sleep(0.03)
                    renamed.append(part)
            time.sleep(0.001)

    with heard(), pytest.raises(Stopped):
        press_after(0.2)
        interruptible(work, lambda: None, Interrupted)
    assert 0 < len(renamed) < 300 and len(renamed) % 3 == 0


def test_one_wish_that_arrives_twice_is_one(monkeypatch):
    left: list[int] = []
    monkeypatch.setattr(stopping.os, "_exit", left.append)
    with heard(), pytest.raises(Stopped):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            assert left == []
            time.sleep(stopping.SAME_S + 0.05)
            signal.raise_signal(signal.SIGINT)
            assert left == [130]


def test_without_signals_work_gives_its_value_or_its_own_error():
    with heard():
        assert interruptible(lambda: 7, lambda: None, Interrupted) == 7
        with pytest.raises(ZeroDivisionError):
            interruptible(lambda: 1 / 0, lambda: None, Interrupted)
    assert interruptible(threading.get_ident, lambda: None, Interrupted) == threading.get_ident()


def test_a_stopped_run_is_canceled_and_one_that_ended_stays_as_it_ended():
    with dg.instance_for_test() as instance:
        for name, status in (("going", "STARTED"), ("waiting", "NOT_STARTED"), ("done", "SUCCESS")):
            instance.add_run(dg.DagsterRun(job_name="j", run_id=name, status=dg.DagsterRunStatus[status]))
            announce_stop(name, instance)
            close_stopped_run(name, instance)
        found = {name: instance.get_run_by_id(name).status.value for name in ("going", "waiting", "done")}
        assert found == {"going": "CANCELED", "waiting": "CANCELED", "done": "SUCCESS"}
        announce_stop("never made", instance)
        close_stopped_run("never made", instance)
