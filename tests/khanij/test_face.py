"""The public face: nothing is imported before it is asked for, and a stranger's type checker sees the types."""

import os
import subprocess
import sys
import tomllib

import pytest

import khanij
from khanij.foundation.closure import ROOT
from khanij.foundation.errors import ContractError, MissingSourceError, PublishingError, RegionError
from pipelines.runs import Outcome
from tests.publishing.example_publication import make_publication


def test_the_version_is_that_of_pyproject():
    assert khanij.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_importing_it_imports_nothing_of_the_project():
    code = (
        "import sys, khanij; ours = ('khanij', 'data_sources', 'scoring', 'publishing', 'assets', 'pipelines'); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ours))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['khanij', 'khanij.shadows']"


def test_everything_that_it_names_is_there():
    assert set(khanij.__all__) <= set(dir(khanij))
    assert all(getattr(khanij, name) is not None for name in khanij.__all__)
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        khanij.runn  # noqa: B018


CONSUMER = """
import khanij
result = khanij.run("india", settings={"ranking.draws": 300})
reveal_type(result.geopackage)
reveal_type(khanij.__version__)
reveal_type(khanij.explain("X"))
khanij.explain(3)
khanij.validate("x.csv", "faults").kept.columns
khanij.read("india", "ranked_blocks").shape
"""


def test_a_consumers_type_checker_sees_the_types(tmp_path):
    (tmp_path / "consumer.py").write_text(CONSUMER)
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "--follow-imports=silent"]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "consumer.py"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "MYPYPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("consumer.py:")]
    assert told == [
        'note: Revealed type is "pathlib.Path"',
        'note: Revealed type is "str"',
        'note: Revealed type is "str"',
        'error: Argument 1 to "explain" has incompatible type "int"; expected "str"  [arg-type]',
    ], done.stdout


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation in which one region was published."""
    from publishing.geopackage.geopackage import publish_geopackage

    publish_geopackage(make_publication(), tmp_path / "output" / "india" / "ranked_blocks.gpkg")
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    monkeypatch.delenv("KHANIJ_OUTPUT", raising=False)
    return tmp_path


def test_a_result_is_read_by_region_folder_file_and_run(home):
    folder = home / "output" / "india"
    blocks = khanij.read("india")
    assert len(blocks) and blocks.crs == "EPSG:4326"
    file = folder / "ranked_blocks.gpkg"
    for given in (folder, str(folder), file, khanij.Result("india", file, 0)):
        assert khanij.read(given)["block_id"].tolist() == blocks["block_id"].tolist()
    assert "geometry" not in khanij.read("india", "element_potential").columns
    with pytest.raises(MissingSourceError, match=r"no layer or table 'ranked'.*ranked_blocks"):
        khanij.read("india", "ranked")
    with pytest.raises(MissingSourceError, match=r"nothing has been ranked yet.*khanij run --region sample_district"):
        khanij.read("sample_district")
    with pytest.raises(RegionError, match="no region 'indja'"):
        khanij.read("indja")


def test_a_block_is_explained_as_the_command_does(home, capsys):
    from pipelines.cli import main

    block = khanij.read("india")["block_id"].iloc[0]
    assert main(["explain", block]) == 0
    assert capsys.readouterr().out == khanij.explain(block) + "\n" == khanij.explain(block.lower(), "india") + "\n"
    with pytest.raises(MissingSourceError, match="no block matches 'nowhere'"):
        khanij.explain("nowhere")


def test_a_file_is_validated(tmp_path):
    file = tmp_path / "grades.csv"
    file.write_text("site_id,x\nA,1\n")
    with pytest.raises(ContractError, match="grades"):
        khanij.validate(file, "grades")


def test_a_run_is_told_as_a_value_and_a_failure_as_an_error(monkeypatch, tmp_path):
    given = {}

    def run_region(region, **settings):
        given.update(settings)
        error = "asset blocks failed" if region == "sample_district" else None
        return Outcome(region, tmp_path / "x.gpkg", 3, error, ("a remark",))

    monkeypatch.setattr("pipelines.runs.run_region", run_region)
    done = khanij.run("india", settings={"ranking.draws": 300, "ranking.cap_shares": {"Sc": 0.2}}, everything=True)
    assert done == khanij.Result("india", tmp_path / "x.gpkg", 3, ("a remark",))
    assert given["overrides"] == {"ranking.draws": "300", "ranking.cap_shares": '{"Sc": 0.2}'} and given["everything"]
    with pytest.raises(PublishingError, match="asset blocks failed"):
        khanij.run("sample_district")
    with pytest.raises(RegionError, match="draws"):
        khanij.run("india", settings={"ranking.draws": "many"})
