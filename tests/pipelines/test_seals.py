"""Planning over an object store: entity tags are asked, objects are not downloaded."""

import ftplib
import hashlib
from collections import Counter

import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from fsspec.registry import _registry

from pipelines.stores.io_managers import BundleStore
from pipelines.stores.layered import LayeredStore
from pipelines.stores.seals import content, remove

ROOT = "memory://bucket/store"
SENT: Counter[str] = Counter()


class ObjectStore(MemoryFileSystem):
    """A store that gives tags in its listings and counts what it sends."""

    parts = 1  # in which an object is put; the tag of one that came in several is no hash of its content

    def ls(self, path, detail=True, **kwargs):
        found = super().ls(path, detail=True, **kwargs)
        for info in found:
            if info["type"] == "file":
                tag = hashlib.md5(self.store[info["name"]].getvalue()).hexdigest()
                info["ETag"] = f'"{tag}"' if self.parts == 1 else f'"{tag[::-1]}-{self.parts}"'
        return found if detail else [info["name"] for info in found]

    def _open(self, path, mode="rb", **kwargs):
        if mode == "rb":
            SENT[path.rpartition("/")[2]] += 1
        return super()._open(path, mode, **kwargs)

    def cat_file(self, path, start=None, end=None, **kwargs):
        with self._open(path) as stream:
            return stream.read()


@pytest.fixture
def store(monkeypatch):
    for name, value in {"store": {}, "pseudo_dirs": [""]}.items():
        monkeypatch.setattr(MemoryFileSystem, name, value)
    monkeypatch.setitem(_registry, "memory", ObjectStore)
    SENT.clear()
    return BundleStore(ROOT)


def bundle():
    return {"frame": pd.DataFrame({"a": [1.5, None]}), "report": {"rows": 2}}


def data_sent():
    """Objects of the bundle that were downloaded since the last question."""
    found = {name: n for name, n in SENT.items() if name in ("frame.parquet", "report.json")}
    SENT.clear()
    return found


def overwrite(name, data):
    key = next(k for k in MemoryFileSystem.store if k.endswith(name))
    MemoryFileSystem.store[key] = MemoryFile(None, key, data)


def test_an_unchanged_bundle_is_known_without_one_download(store):
    store.save("asset", "region", bundle(), "f")
    data_sent()
    assert store.intact("asset", "region") and BundleStore(ROOT).intact("asset", "region")
    assert data_sent() == {}
    assert store.save("asset", "region", bundle(), "f")["fingerprint"] == "f"
    assert data_sent() == {}, "what is stored already is not read to be compared"


def test_a_changed_object_of_the_same_size_is_found(store):
    store.save("asset", "region", bundle(), "f")
    overwrite("report.json", b'{"rows": 3}')
    assert not store.intact("asset", "region")
    overwrite("report.json", b'{"rows": 2}')
    assert store.intact("asset", "region")


def test_an_object_that_is_gone_is_found(store):
    store.save("asset", "region", bundle(), "f")
    (store.folder("asset", "region") / "frame.parquet").unlink()
    assert not store.intact("asset", "region")


def test_what_a_tag_does_not_prove_is_read_once(store, monkeypatch):
    """The tag of an object put in parts is no hash of its content."""
    monkeypatch.setattr(ObjectStore, "parts", 2)
    store.save("asset", "region", bundle(), "f")
    data_sent()
    assert store.intact("asset", "region")
    assert data_sent() == {"frame.parquet": 1, "report.json": 1}
    assert store.intact("asset", "region")
    assert data_sent() == {}
    overwrite("report.json", b'{"rows": 3}')
    assert not store.intact("asset", "region")


def test_a_store_written_before_there_were_seals_is_read_once(store):
    store.save("asset", "region", bundle(), "f")
    (store.folder("asset", "region") / ".seal.json").unlink()
    data_sent()
    assert store.intact("asset", "region") and data_sent()
    assert store.intact("asset", "region") and not data_sent()


def test_a_forged_seal_does_not_hide_a_change_of_the_manifest(store):
    """The seal says what a tag stands for; what is wanted stands in the manifest."""
    store.save("asset", "region", bundle(), "f1")
    seal = (store.folder("asset", "region") / ".seal.json").read_bytes()
    store.save("asset", "region", bundle() | {"report": {"rows": 9}}, "f2")
    (store.folder("asset", "region") / ".seal.json").write_bytes(seal)
    data_sent()
    assert store.intact("asset", "region")
    assert data_sent() == {"frame.parquet": 1, "report.json": 1}


def test_a_scenario_asks_the_defaults_store_and_writes_nothing_there(store):
    store.save("asset", "region", bundle(), "f")
    (store.folder("asset", "region") / ".seal.json").unlink()
    before = dict(MemoryFileSystem.store)
    layered = LayeredStore(f"{ROOT}/.scenarios/one", ROOT)
    assert layered.intact("asset", "region")
    assert MemoryFileSystem.store.keys() == before.keys()


def test_a_local_store_has_no_seal(tmp_path):
    local = BundleStore(str(tmp_path))
    local.save("asset", "region", bundle(), "f")
    assert local.intact("asset", "region")
    assert not list(tmp_path.rglob(".seal.json"))


def test_an_object_of_s3_is_read_without_asking_for_its_size_first():
    asked = []

    class Files:
        protocol = ("s3", "s3a")

        def cat_file(self, path, **told):
            asked.append((path, told))
            return b"bytes"

    class Object:
        fs, path, protocol = Files(), "bucket/object", "s3"

    assert content(Object()) == content(Object(), 100) == content(Object(), 2**30) == b"bytes"
    assert [told for _, told in asked] == [{"max_concurrency": 1}, {"max_concurrency": 1}, {}], (
        "a big one comes in parts"
    )


def test_what_is_read_to_be_compared_is_read_in_parts_where_it_is_big(store, monkeypatch):
    """Its size stands in the manifest: an object of several parts is asked for as ``load`` asks for it."""
    sizes = {}
    monkeypatch.setattr(ObjectStore, "parts", 2)
    manifest = store.save("asset", "region", bundle(), "f")

    def asked(file, size=0):
        sizes[file.name] = size
        return content(file, size)

    monkeypatch.setattr("pipelines.stores.io_managers.content", asked)
    assert store.intact("asset", "region")
    wanted = {entry["file"]: entry["bytes"] for entry in manifest["entries"].values()}
    assert {name: sizes[name] for name in wanted} == wanted and all(wanted.values())


class Server(MemoryFileSystem):
    """A file system without ``rm_file``, as fsspec's of Dask and of Databricks are."""

    def rm_file(self, path):
        raise NotImplementedError

    def rm(self, path, recursive=False, maxdepth=None):
        super()._rm(path)


class FTP(MemoryFileSystem):
    """As fsspec's: a file that is not there is a reply of the server's, not Python's error."""

    def rm_file(self, path):
        if not self.exists(path):
            raise ftplib.error_perm("550 No such file or directory.")
        super().rm_file(path)


@pytest.mark.parametrize("kind", [Server, FTP])
def test_a_store_on_another_file_system_of_fsspec_keeps_its_bundles(store, monkeypatch, kind):
    monkeypatch.setitem(_registry, "memory", kind)
    server = BundleStore(ROOT)
    remove(server.folder("asset", "region") / "manifest.json")  # there is none
    server.save("asset", "region", bundle(), "f1")
    server.record_check("asset", "region", "f1", "schema", True)
    server.save("asset", "region", {"report": {"rows": 3}}, "f2")
    assert server.load("asset", "region") == {"report": {"rows": 3}} and server.intact("asset", "region")
    assert server.checks_told("asset", "region") == {}, "a result that was made again is judged again"
