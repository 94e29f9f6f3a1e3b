"""The trust store on disk: what is saved is what is loaded, whole or not at all."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.pki.trust_folder import INDEX, TrustFolder, read_pieces
from edge.trust import intake
from edge.trust.material import Piece
from edge.trust.signed_data import SignerId
from tests.support.trust.lists import (
    DAY,
    Publishing,
    deviations,
    ldif,
    master,
    new_pieces,
    publisher_certificate,
    revocations,
    roots,
)
from tests.support.trust.specimens import NOW, parsed, root_certificate, signer_certificate

ROOT = root_certificate()
SIGNER = signer_certificate()


def imported(folder: TrustFolder, *files: bytes, at: datetime = NOW) -> intake.IntakeReport:
    new = [piece for data in files for piece in new_pieces(data)]
    outcome = intake.take([*folder.pieces(), *new], at, folder.index().published)
    folder.save(outcome, at)
    return outcome


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    return TrustFolder(tmp_path / "trust")


def test_nothing_yet(folder: TrustFolder) -> None:
    assert not folder.exists
    assert folder.load().anchors == ()
    assert list(folder.pieces()) == []


def test_what_was_imported_is_loaded_as_it_was_judged(folder: TrustFolder) -> None:
    members = roots(2)
    imported(folder, ROOT, SIGNER, master(*members), revocations(5), deviations())
    store = folder.load()
    assert {each.der for each in store.anchors} == {ROOT, *members}
    assert [each.revoked for each in store.revocation_lists] == [{5}]
    assert len(store.deviation_lists) == 1
    signer = parsed(SIGNER)
    found = store.signer(SignerId(signer.issuer_name, signer.serial))
    assert found is not None
    assert found.der == SIGNER
    assert len(store.signers) == len(list(store.signers)) == 1


def test_where_everything_came_from_is_kept(folder: TrustFolder) -> None:
    imported(folder, ROOT, master(ROOT))
    imported(folder, ROOT, at=NOW + DAY)
    (stored,) = folder.index().objects
    assert [(each.publisher, each.imported[:10]) for each in stored.provenance] == [
        ("", "2026-03-01"),
        ("UT", "2026-03-01"),
    ]


def test_a_newer_list_replaces_what_only_the_older_brought(folder: TrustFolder) -> None:
    old, both, new = roots(3)
    imported(folder, ROOT, master(old, both))
    newer = Publishing(publisher_certificate(), signed_at=NOW)
    imported(folder, master(both, new, by=newer))
    assert {each.der for each in folder.load().anchors} == {ROOT, both, new}
    assert len(list((folder.path / "objects").iterdir())) == 3


def test_an_older_list_changes_nothing(folder: TrustFolder) -> None:
    (good,) = roots(1)
    imported(folder, ROOT, master(good))
    older = Publishing(publisher_certificate(), signed_at=NOW - 9 * DAY)
    outcome = imported(folder, master(by=older))
    assert any("rollback" in each.reason for each in outcome.findings)
    assert {each.der for each in folder.load().anchors} == {ROOT, good}


def test_a_damaged_store_is_not_loaded(folder: TrustFolder) -> None:
    imported(folder, ROOT, SIGNER)
    (target,) = (file for file in (folder.path / "objects").iterdir() if file.read_bytes() == ROOT)
    target.write_bytes(SIGNER)
    with pytest.raises(SettingsError, match="not what its name says"):
        folder.load()
    target.unlink()
    with pytest.raises(SettingsError, match="No such file"):
        folder.load()


def test_a_damaged_signer_is_as_if_absent(folder: TrustFolder) -> None:
    imported(folder, ROOT, SIGNER)
    for file in (folder.path / "objects").iterdir():
        if file.read_bytes() == SIGNER:
            file.write_bytes(ROOT)
    signer = parsed(SIGNER)
    assert folder.load().signer(SignerId(signer.issuer_name, signer.serial)) is None


@pytest.mark.parametrize("index", [b"{", b'{"format": 2}', b'{"objects": [{"sha256": "../x"}]}'])
def test_an_index_that_is_none(folder: TrustFolder, index: bytes) -> None:
    folder.path.mkdir()
    (folder.path / INDEX).write_bytes(index)
    with pytest.raises(SettingsError, match="index cannot be read"):
        folder.load()


def test_an_object_of_another_kind_than_the_index_says(folder: TrustFolder) -> None:
    imported(folder, ROOT, revocations())
    text = (folder.path / INDEX).read_text()
    index = json.loads(text)
    for each in index["objects"]:
        each["role"] = "revocation-list"
    (folder.path / INDEX).write_text(json.dumps(index))
    with pytest.raises(SettingsError, match="damaged"):
        folder.load()


def test_one_import_at_a_time(folder: TrustFolder) -> None:
    with (
        folder.locked(),
        pytest.raises(SettingsError, match="another import"),
        TrustFolder(folder.path).locked(),
    ):
        pytest.fail("two at once")


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = TrustFolder(tmp_path / "file")
    with pytest.raises(SettingsError):
        imported(folder, ROOT)
    with pytest.raises(SettingsError), folder.locked():
        pytest.fail("locked a file")


class TestFiles:
    def test_ldif_by_its_content_or_its_name(self, tmp_path: Path) -> None:
        lines = b"".join(ldif(("cn=1", "cACertificate;binary", ROOT)))
        for name, content in (("any.name", lines), ("a.ldif", b"objectClass: top\n\n" + lines)):
            (tmp_path / name).write_bytes(content)
            assert self.read(tmp_path / name) == [ROOT]

    def test_anything_else(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(ROOT + SIGNER)
        assert self.read(tmp_path / "file") == [ROOT, SIGNER]

    def test_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="No such file"):
            self.read(tmp_path / "nowhere")

    def test_larger_than_any(self, tmp_path: Path) -> None:
        for name, start in (("big", b"0"), ("big.ldif", b"dn: cn=1\ncn: ")):
            with (tmp_path / name).open("wb") as file:
                file.write(start)
                file.truncate(33_000_000)
            with pytest.raises(SettingsError, match=r"too large|larger than any"):
                self.read(tmp_path / name)

    @staticmethod
    def read(file: Path) -> list[bytes]:
        found: list[Piece] = list(read_pieces(file))
        return [each.data for each in found]
