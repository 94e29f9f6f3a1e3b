"""Compares the state of a certificate with the state of a document (Doc 9303-3 §5).

Certificates name states with two letters (Doc 9303-12 §7.1.1.1).  Some use lower case, some three
letters, and a few the code of the state that issues for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.mrz import alpha2

_OTHER_SPELLINGS: Mapping[str, str] = MappingProxyType({"UK": "GB", "XK": "KS"})
_BRITISH_TERRITORIES = frozenset(("AI", "BM", "FK", "GI", "IO", "KY", "MS", "PN", "SH", "TC", "VG"))
_CHINESE_REGIONS = frozenset(("HK", "MO"))


def normalised(name: str) -> str:
    """Return the two upper-case letters that a countryName means; an unknown name stays."""
    code = name.strip().upper()
    if len(code) == 3 or code == "D":
        code = alpha2(code) or code
    return _OTHER_SPELLINGS.get(code, code)


def may_issue(signer: str, issuing_state: str) -> bool | None:
    """Whether a signer of a country may sign a document of the state in its MRZ; None: unknown.

    `signer` is normalised, `issuing_state` as in the MRZ.  Hong Kong and Macao sign as CN or under
    their own codes.  The document of a British territory has GBD or the code of the territory.
    """
    state = alpha2(issuing_state)
    if state is None or not signer:
        return None
    return signer in {normalised(state), *_also(issuing_state.rstrip("<"), state)}


def _also(code: str, state: str) -> frozenset[str]:
    if state == "CN":
        return _CHINESE_REGIONS
    if state in _CHINESE_REGIONS:
        return frozenset(("CN",))
    if code == "GBD":
        return _BRITISH_TERRITORIES
    return frozenset(("GB",)) if state in _BRITISH_TERRITORIES else frozenset()
