"""Checks: what was examined and how it came out (words of BSI TR-03135, ids of our vocabulary)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """Outcome of one check; unknown is `UNDETERMINED`, never folded into passed or failed."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    NOT_SUPPORTED = "not_supported"
    NOT_PERFORMED = "not_performed"
    ABORTED = "aborted"


class CheckId(StrEnum):
    """Stable identifiers; the central system and officers' manuals depend on them."""

    MRZ_READ = "mrz.read"
    MRZ_CHECK_DIGITS = "mrz.check_digits"
    MRZ_CONSISTENCY = "mrz.consistency"
    DOC_EXPIRY = "doc.expiry"
    DOC_MODEL = "doc.model"
    OPTICAL_B900 = "optical.IR-AB-MR"
    CHIP_PRESENCE = "chip.presence"
    CHIP_ACCESS = "chip.access"
    CHIP_COM_SOD = "chip.com_sod"
    CHIP_SOD_SIGNATURE = "chip.sod_signature"
    CHIP_DS_VALIDITY = "chip.ds_validity"
    CHIP_DS_CHAIN = "chip.ds_chain"
    CHIP_DS_REVOCATION = "chip.ds_revocation"
    CHIP_DG_HASH = "chip.dg_hash"
    CHIP_DG1_VS_MRZ = "chip.dg1_vs_mrz"
    CHIP_COUNTRY_VS_DS = "chip.country_vs_ds"
    CHIP_CARD_ACCESS_VS_DG14 = "chip.card_access_vs_dg14"
    CHIP_ACTIVE_AUTH = "chip.active_auth"
    CHIP_CHIP_AUTH = "chip.chip_auth"
    CHIP_PACE_CAM = "chip.pace_cam"
    CHIP_TERMINAL_AUTH = "chip.terminal_auth"
    CHIP_DEVIATION = "chip.deviation"
    FACE_DETECT = "face.detect"
    FACE_QUALITY = "face.quality"
    FACE_PAD = "face.pad"
    FACE_MATCH = "face.match"
    ELIG_NATIONALITY = "elig.nationality"
    ELIG_AGE = "elig.age"
    ELIG_DOCUMENT_TYPE = "elig.document_type"
    ELIG_PERMIT = "elig.permit"
    STAY_BALANCE = "stay.balance"
    LIST_SLTD = "list.sltd"
    LIST_NATIONAL = "list.national"
    LIST_TDAWN = "list.tdawn"
    BOARDING_MATCH = "boarding.match"
    LANE_SINGLE_PERSON = "lane.single_person"
    CLOCK_TRUSTED = "clock.trusted"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.  `detail` is words and codes for an officer, never personal data."""

    id: CheckId
    result: Result
    detail: str = ""


class Reason(StrEnum):
    """Reason codes of a referral; the central system depends on them."""

    DOC_UNREADABLE = "R-DOC-UNREADABLE"
    DOC_CHECKDIGIT = "R-DOC-CHECKDIGIT"
    DOC_EXPIRED = "R-DOC-EXPIRED"
    DOC_TYPE = "R-DOC-TYPE"
    DOC_OPTICAL = "R-DOC-OPTICAL"
    CHIP_ABSENT = "R-CHIP-ABSENT"
    CHIP_ACCESS = "R-CHIP-ACCESS"
    CHIP_READ = "R-CHIP-READ"
    CHIP_SIGNATURE = "R-CHIP-SIGNATURE"
    CHIP_UNKNOWN_ISSUER = "R-CHIP-UNKNOWN-ISSUER"
    CHIP_REVOKED = "R-CHIP-REVOKED"
    CHIP_TAMPER = "R-CHIP-TAMPER"
    CHIP_CLONE = "R-CHIP-CLONE"
    CHIP_MISMATCH = "R-CHIP-MISMATCH"
    CHIP_DOWNGRADE = "R-CHIP-DOWNGRADE"
    FACE_NOCAPTURE = "R-FACE-NOCAPTURE"
    FACE_QUALITY = "R-FACE-QUALITY"
    FACE_PAD = "R-FACE-PAD"
    FACE_NOMATCH = "R-FACE-NOMATCH"
    ELIG_NATIONALITY = "R-ELIG-NATIONALITY"
    ELIG_AGE = "R-ELIG-AGE"
    ELIG_PERMIT = "R-ELIG-PERMIT"
    STAY_OVERSTAY = "R-STAY-OVERSTAY"
    STAY_UNKNOWN = "R-STAY-UNKNOWN"
    LIST_HIT = "R-LIST-HIT"
    LIST_UNAVAILABLE = "R-LIST-UNAVAILABLE"
    BOARDING_MISMATCH = "R-BOARDING-MISMATCH"
    LANE_TAILGATE = "R-LANE-TAILGATE"
    LANE_GROUP = "R-LANE-GROUP"
    ASSIST_REQUESTED = "R-ASSIST-REQUESTED"
    SAFEGUARD = "R-SAFEGUARD"
    RANDOM = "R-RANDOM"
    TIMEOUT = "R-TIMEOUT"
    DEVICE_FAULT = "R-DEVICE-FAULT"
    MODE_DEGRADED = "R-MODE-DEGRADED"
    CLOCK = "R-CLOCK"
    OFFICER = "R-OFFICER"
