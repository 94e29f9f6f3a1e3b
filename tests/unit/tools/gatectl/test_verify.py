"""gatectl trust and gatectl verify, as technicians and scripts call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.emrtd.files import ElementaryFile
from edge.errors import SettingsError
from tests.support import egated as daemon
from tests.support.egated import ROOT
from tests.support.shared_data import shared
from tests.support.some import replaced
from tests.support.trust.lists import (
    DAY,
    Publishing,
    ldif,
    master,
    publisher_certificate,
    revocations,
    roots,
)
from tests.support.trust.specimens import (
    NOW,
    authority,
    edited,
    genuine,
    genuine_contents,
    parsed,
    root_certificate,
    signer_certificate,
    signing_with,
)
from tools.gatectl import dump, gatectl

AT = NOW.isoformat()
SIGNED_BY_ROOT = signer_certificate()
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run gatectl with a store of the test's own."""

    def call(*arguments: str | Path) -> Result:
        environment = {"EGATE_TRUST": str(tmp_path / "store")}
        return CliRunner(env=environment).invoke(gatectl, [str(each) for each in arguments])

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A dump of the genuine specimen, and its CSCA beside."""
    folder = tmp_path / "dump"
    folder.mkdir()
    for file, content in genuine_contents().files.items():
        name = file.name if file.data_group is not None else f"EF_{file.name}"
        (folder / f"{name}.bin").write_bytes(content)
    (tmp_path / "csca.cer").write_bytes(authority().csca_der)
    return folder


def gate_that_trusts(csca: Path, **sections: dict[str, Any]) -> Path:
    """The configuration of a gate with one anchor."""
    table = daemon.lane(csca.parent, csca.parent)
    table |= {"trust": {"anchors": [str(csca)]}, **sections}
    return daemon.write(csca.parent / "gate.toml", table)


def checks(said: Result) -> dict[str, str]:
    report = json.loads(said.stdout)
    assert set(report) == {"issuer", "checks", "decision", "timings_ms"}
    return {each["id"]: each["result"] for each in report["checks"]}


def failed(said: Result) -> set[str]:
    return {check for check, result in checks(said).items() if result == "failed"}


class TestVerify:
    def test_a_genuine_dump(self, run: Run, files: Path) -> None:
        said = run(
            "verify", files, "--trust", files.parent / "csca.cer", "--at", AT, "--json",
            *(part for line in genuine().lines for part in ("--mrz", line)),
        )  # fmt: skip
        assert said.exit_code == 0
        assert checks(said) == {
            "clock.trusted": "successful",
            "mrz.read": "successful",
            "mrz.check_digits": "successful",
            "mrz.consistency": "successful",
            "doc.expiry": "successful",
            "chip.sod_signature": "successful",
            "chip.ds_chain": "successful",
            "chip.ds_validity": "successful",
            "chip.ds_revocation": "undetermined",
            "chip.com_sod": "successful",
            "chip.dg_hash": "successful",
            "chip.dg1_vs_mrz": "successful",
            "chip.country_vs_ds": "successful",
            "chip.card_access_vs_dg14": "successful",
            "chip.chip_auth": "not_performed",
            "chip.active_auth": "not_performed",
            "elig.document_type": "successful",
            "elig.nationality": "successful",
            "elig.age": "successful",
        }
        assert json.loads(said.stdout)["issuer"] == "UT"

    def test_what_nobody_asks_a_chip_leaves_the_decision_open(self, run: Run, files: Path) -> None:
        trusting = ("--trust", files.parent / "csca.cer", "--at", AT)
        page = (part for line in genuine().lines for part in ("--mrz", line))
        said = run("verify", files, *trusting, *page)
        assert said.exit_code == 0
        last = said.stdout.splitlines()[-1]
        assert last.startswith("nothing speaks against the document, by policy example-1; the gate")
        for check in ("chip.presence", "chip.access", "chip.chip_auth", "chip.active_auth"):
            assert check in last

    def test_a_file_that_nobody_copied_is_no_reason(self, run: Run, files: Path) -> None:
        (files / "EF_COM.bin").unlink()
        (files / "DG1.bin").unlink()
        trusting = ("--trust", files.parent / "csca.cer", "--at", AT)
        said = run("verify", files, *trusting, "--json")
        found = json.loads(said.stdout)["decision"]
        assert (said.exit_code, found["outcome"], found["reasons"]) == (0, "undecided", [])
        assert {"chip.com_sod", "chip.dg_hash"} <= set(found["missing"])

    def test_the_gate_would_refer_with_its_reasons(self, run: Run, files: Path) -> None:
        said = run("verify", files, "--at", AT)
        assert said.exit_code == 1
        *_, head, reason = said.stdout.splitlines()
        assert head == "the gate would refer the traveller, by policy example-1:"
        assert reason.split()[0] == "R-CHIP-UNKNOWN-ISSUER"

    def test_an_expired_page_is_referred_as_of_the_day_it_is_asked_for(
        self, run: Run, files: Path
    ) -> None:
        page = [part for line in genuine().lines for part in ("--mrz", line)]
        trusting = ("--trust", files.parent / "csca.cer", "--at", "2033-01-01")
        found = json.loads(run("verify", files, *trusting, *page, "--json").stdout)["decision"]
        assert "R-DOC-EXPIRED" in [reason["code"] for reason in found["reasons"]]

    def test_another_policy_decides_otherwise(self, run: Run, files: Path, tmp_path: Path) -> None:
        text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
        for old, new in (
            ('"chip.ds_revocation" = "not_failed"', '"chip.ds_revocation" = "required"'),
            ("example-1", "strict-2"),
        ):
            text = replaced(text, old, new)
        (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
        trusting = ("--trust", files.parent / "csca.cer", "--at", AT, "--json")
        said = run("verify", files, *trusting, "--policy", tmp_path / "policy.toml")
        assert said.exit_code == 1
        assert failed(said) == set()
        found = json.loads(said.stdout)["decision"]
        assert found["policy"] == "strict-2"
        assert [reason["code"] for reason in found["reasons"]] == ["R-LIST-UNAVAILABLE"]

    def test_a_configuration_says_whom_to_trust(self, run: Run, files: Path) -> None:
        config = gate_that_trusts(files.parent / "csca.cer")
        called = CliRunner().invoke(
            gatectl, ["verify", str(files), "--config", str(config), "--at", AT, "--json"]
        )
        assert failed(called) == set()
        # A store that is named counts instead.
        assert failed(run("verify", files, "--config", config, "--at", AT, "--json")) == {
            "chip.ds_chain"
        }

    @pytest.mark.parametrize("accepted", [True, False])
    def test_a_configuration_says_whether_sha1_counts(
        self, run: Run, tmp_path: Path, accepted: bool
    ) -> None:
        old = authority(digest="sha1")
        (tmp_path / "csca.cer").write_bytes(old.csca_der)
        (tmp_path / "sod.bin").write_bytes(old.sign({1: b"one"}))
        config = gate_that_trusts(tmp_path / "csca.cer", chip={"accept_sha1": accepted})
        said = run(
            "verify", tmp_path / "sod.bin", "--config", config,
            "--trust", tmp_path / "csca.cer", "--at", AT, "--json",
        )  # fmt: skip
        assert failed(said) == (set() if accepted else {"chip.sod_signature"})

    def test_trust_serves_for_one_call(self, run: Run, files: Path) -> None:
        run("verify", files, "--trust", files.parent / "csca.cer", "--at", AT)
        said = run("verify", files, "--at", AT, "--json")
        assert said.exit_code == 1
        assert failed(said) == {"chip.ds_chain"}

    def test_what_was_imported_is_trusted(self, run: Run, files: Path) -> None:
        assert run("trust", "import", files.parent / "csca.cer", "--at", AT).exit_code == 0
        assert failed(run("verify", files, "--at", AT, "--json")) == set()

    def test_lines_for_people(self, run: Run, files: Path) -> None:
        said = run("verify", files, "--at", AT)
        assert "issuer: UT" in said.stdout
        assert "chip.ds_chain              failed         no trusted CSCA" in said.stdout

    @pytest.mark.parametrize("joined", ["{0}{1}", "{0}\n{1}", r"{0}\n{1}", "{0},{1}"])
    def test_the_mrz_in_one_text(self, run: Run, files: Path, joined: str) -> None:
        said = run("verify", files, "--json", "--mrz", joined.format(*genuine().lines))
        assert checks(said)["chip.dg1_vs_mrz"] == "successful"

    def test_another_mrz(self, run: Run, files: Path) -> None:
        upper, lower = genuine().lines
        said = run("verify", files, "--json", "--mrz", upper, "--mrz", lower[::-1])
        assert checks(said)["chip.dg1_vs_mrz"] == "failed"

    def test_the_sod_alone(self, run: Run, files: Path) -> None:
        said = run("verify", files / "EF_SOD.bin", "--at", AT, "--json")
        found = checks(said)
        assert found["chip.sod_signature"] == "successful"
        for check in ("com_sod", "dg_hash", "dg1_vs_mrz", "country_vs_ds", "active_auth"):
            assert found[f"chip.{check}"] == "not_performed", check

    def test_a_folder_without_dg1_is_not_said_to_agree(self, run: Run, files: Path) -> None:
        (files / "DG1.bin").unlink()
        assert checks(run("verify", files, "--json"))["chip.dg_hash"] == "undetermined"

    def test_expired_links_are_of_validity_alone(self, run: Run, files: Path) -> None:
        said = run(
            "verify", files, "--trust", files.parent / "csca.cer", "--at", "2060-01-01", "--json"
        )
        assert failed(said) == {"chip.ds_validity"}

    def test_a_tampered_data_group(self, run: Run, files: Path) -> None:
        (files / "DG2.bin").write_bytes((files / "DG2.bin").read_bytes()[:-1] + b"!")
        assert "chip.dg_hash" in failed(run("verify", files, "--json"))

    def test_a_revoked_signer(self, run: Run, tmp_path: Path) -> None:
        sod, crl, root = (tmp_path / name for name in ("sod.bin", "list.crl", "root.cer"))
        sod.write_bytes(signing_with(SIGNED_BY_ROOT).sign({1: b"one"}))
        crl.write_bytes(revocations(parsed(SIGNED_BY_ROOT).serial))
        root.write_bytes(root_certificate())
        said = run("verify", sod, "--trust", crl, "--trust", root, "--at", AT, "--json")
        assert failed(said) == {"chip.ds_revocation"}

    def test_a_signer_that_only_the_pkd_has(self, run: Run, tmp_path: Path) -> None:
        def strip(signed: Any) -> None:
            del signed["certificates"]

        sod, pkd, root = (tmp_path / name for name in ("sod.bin", "pkd.ldif", "root.cer"))
        sod.write_bytes(edited(signing_with(SIGNED_BY_ROOT).sign({1: b"one"}), strip))
        lines = ldif(("cn=1,o=dsc", "userCertificate;binary", SIGNED_BY_ROOT))
        pkd.write_bytes(b"".join(lines))
        root.write_bytes(root_certificate())
        assert "chip.sod_signature" in failed(run("verify", sod, "--json"))
        said = run("verify", sod, "--trust", pkd, "--trust", root, "--at", AT, "--json")
        assert failed(said) == set()

    def test_what_is_not_trusted_is_told_aside(self, run: Run, files: Path) -> None:
        bad = files.parent / "bad.cer"
        bad.write_bytes(b"nothing")
        said = run("verify", files, "--trust", bad, "--json")
        assert "not trusted" in said.stderr
        assert failed(said) >= {"chip.ds_chain"}

    def test_no_sod(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        said = run("verify", tmp_path / "empty")
        assert "no EF.SOD" in str(said.exception)

    @pytest.mark.parametrize("arguments", [("--at", "yesterday"), ("--mrz", "nonsense")])
    def test_what_is_asked_wrongly(self, run: Run, files: Path, arguments: tuple[str, str]) -> None:
        assert run("verify", files, *arguments).exit_code == 2

    @pytest.mark.shared
    def test_the_german_reference_chip(self, run: Run) -> None:
        said = run("verify", shared("chips/bsi2008"), "--at", "2008-06-01", "--json")
        found = {each["id"]: each for each in json.loads(said.stdout)["checks"]}
        assert json.loads(said.stdout)["issuer"] == "DE"
        assert failed(said) == {"chip.ds_chain", "chip.dg_hash"}
        assert found["chip.sod_signature"]["result"] == "successful"
        assert "DG4 is not in EF.SOD" in found["chip.dg_hash"]["detail"]
        assert "DG15 is not in EF.SOD" in found["chip.dg_hash"]["detail"]


class TestDump:
    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("EF_SOD.bin", "SOD"),
            ("SOD.bin", "SOD"),
            ("ef.sod", "SOD"),
            ("Sod.der", "SOD"),
            ("EF.COM", "COM"),
            ("COM.bin", "COM"),
            ("DG1.bin", "DG1"),
            ("dg01.bin", "DG1"),
            ("Datagroup1.bin", "DG1"),
            ("DataGroup_16.dat", "DG16"),
            ("EF.DG14", "DG14"),
            ("EF_DG2.BIN", "DG2"),
            ("0101.bin", "DG1"),
            ("EF_CardAccess.bin", "CARD_ACCESS"),
        ],
    )
    def test_names(self, name: str, file: str) -> None:
        found = dump.recognised(name)
        assert found is not None
        assert found.name == file

    @pytest.mark.parametrize("name", ["DG17.bin", "DG0.bin", "notes.txt", "portrait.jpg", "DG.bin"])
    def test_names_of_nothing(self, name: str) -> None:
        assert dump.recognised(name) is None

    def test_the_same_file_twice_is_refused(self, run: Run, files: Path) -> None:
        (files / "Datagroup1.bin").write_bytes(b"")
        said = run("verify", files)
        assert "both DG1.bin and Datagroup1.bin are DG1" in str(said.exception)

    @pytest.mark.parametrize("change", [
        lambda content: content + bytes(20),
        lambda content: content + b"\xff" * 20,
        lambda content: content.hex().encode(),
        lambda content: content[4:],
    ])  # fmt: skip
    def test_the_sod_as_people_keep_it(self, files: Path, change: Callable[[bytes], bytes]) -> None:
        kept = (files / "EF_SOD.bin").read_bytes()
        (files / "EF_SOD.bin").write_bytes(change(kept))
        assert dump.read(files / "EF_SOD.bin")[ElementaryFile.SOD] == kept

    def test_other_bytes_behind_are_part_of_the_file(self, files: Path) -> None:
        (files / "DG1.bin").write_bytes((files / "DG1.bin").read_bytes() + b"more")
        assert dump.read(files)[ElementaryFile.DG1].endswith(b"more")

    def test_files_that_cannot_be_read(self, files: Path, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="No such file"):
            dump.read(tmp_path / "nowhere")
        (files / "DG2.bin").write_bytes(bytes(dump.LARGEST_DATA_GROUP_BYTES + 1))
        with pytest.raises(SettingsError, match="too large"):
            dump.read(files)

    def test_a_file_without_a_length_stays_as_it_is(self, files: Path) -> None:
        (files / "DG1.bin").write_bytes(b"\x61\x84")
        (files / "notes.txt").write_bytes(b"mine")
        assert dump.read(files)[ElementaryFile.DG1] == b"\x61\x84"


class TestTrust:
    @pytest.fixture
    def lists(self, tmp_path: Path) -> Path:
        folder = tmp_path / "lists"
        folder.mkdir()
        members = roots(2)
        (folder / "root.cer").write_bytes(root_certificate())
        (folder / "old.ml").write_bytes(
            master(members[0], by=Publishing(publisher_certificate(), signed_at=NOW - 5 * DAY))
        )
        (folder / "new.ml").write_bytes(master(*members))
        return folder

    def test_import(self, run: Run, lists: Path) -> None:
        said = run("trust", "import", lists / "root.cer", lists / "new.ml", "--at", AT, "--json")
        report = json.loads(said.stdout)
        assert said.exit_code == 0
        assert report["totals"] == {"trusted": 3, "link": 0, "rejected": 0}
        assert [each["status"] for each in report["files"]] == ["imported", "imported"]
        assert {each["status"] for each in report["certificates"]} == {"trusted"}

    def test_dry_run_changes_nothing(self, run: Run, lists: Path) -> None:
        said = run("trust", "import", lists / "root.cer", "--at", AT, "--dry-run")
        assert "nothing was changed" in said.stdout
        assert json.loads(run("trust", "list", "--json").stdout) == []

    def test_a_list_without_its_root_says_so(self, run: Run, lists: Path) -> None:
        said = run("trust", "import", lists / "new.ml", "--at", AT)
        assert said.exit_code == 1
        assert "new.ml: refused: the root of its signer is not here" in said.stdout
        assert "2 rejected: its master list is not accepted" in said.stdout

    def test_rollback_is_refused(self, run: Run, lists: Path) -> None:
        run("trust", "import", lists / "root.cer", lists / "new.ml", "--at", AT)
        said = run("trust", "import", lists / "old.ml", "--at", AT)
        assert said.exit_code == 1
        assert "rollback" in said.stdout
        assert len(json.loads(run("trust", "list", "--json").stdout)) == 3

    def test_what_a_newer_list_leaves_out_is_told(self, run: Run, lists: Path) -> None:
        run("trust", "import", lists / "root.cer", lists / "new.ml", "--at", AT)
        (lists / "newer.ml").write_bytes(
            master(roots(1)[0], by=Publishing(publisher_certificate(), signed_at=NOW))
        )
        said = run("trust", "import", lists / "newer.ml", "--at", AT)
        assert "no longer trusted: withdrawn or replaced" in said.stdout

    def test_list_and_show(self, run: Run, lists: Path) -> None:
        run("trust", "import", lists, "--at", AT)
        assert "UT  3 csca" in run("trust", "list").stdout
        shown = run("trust", "show", "ut").stdout
        assert "CN=CSCA Specimen UT" in shown
        assert "in the master list of UT" in shown
        (first, *_) = json.loads(run("trust", "show", "UT", "--json").stdout)
        assert first["sha256"] in run("trust", "show", first["sha256"][:12]).stdout
        assert run("trust", "show", "QQ").exit_code == 2

    def test_prune(self, run: Run, lists: Path) -> None:
        run("trust", "import", lists, "--at", AT)
        later = "2060-01-01"
        said = run("trust", "prune", "--at", later, "--dry-run")
        assert "3 would be removed, 0 stay" in said.stdout
        removed = json.loads(run("trust", "prune", "--at", later, "--json").stdout)["removed"]
        assert len(removed) == 3
        assert "0 objects" in run("trust", "list").stdout

    def test_an_empty_folder_holds_nothing_to_import(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "none.ldif").write_bytes(b"version: 1\n")
        said = run("trust", "import", tmp_path / "none.ldif")
        assert said.exit_code == 1
        assert "nothing in it to import" in said.stdout
