"""Sealing: what identifies a traveller, for the eyes of the central system only.

JWE compact (RFC 7516), ECDH-ES with an ephemeral key (RFC 7518 §4.6) and A256GCM: once sealed, not
even this gate can open it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from edge.contract.json_object import Jwk
from edge.mrz import MachineReadableZone
from edge.mrz.dates import PartialDate, Span

ALGORITHM: Final = "ECDH-ES"
ENCRYPTION: Final = "A256GCM"
PATTERN: Final = r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$"
BLOCK: Final = 512
"""Plaintext is padded to a multiple of this many bytes: its length must not tell a name apart."""
_CURVES: Final[Mapping[tuple[str, str], type[OKPKey | ECKey]]] = {
    ("OKP", "X25519"): OKPKey,
    ("EC", "P-256"): ECKey,
}


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals to one public key of the central system."""

    kid: str
    key: OKPKey | ECKey

    @classmethod
    def of_jwk(cls, jwk: Jwk) -> Self:
        """Take a public JWK; `kid` is its thumbprint (RFC 7638) where it names none.

        Raises:
            ValueError: neither an X25519 nor a P-256 key, a private key, or a point off the curve.
        """
        kind = _CURVES.get((str(jwk.get("kty")), str(jwk.get("crv"))))
        if kind is None:
            raise ValueError("neither an X25519 nor a P-256 key")
        if "d" in jwk:
            raise ValueError("a private key")
        try:
            key = kind.import_key(dict(jwk))
            kid = jwk.get("kid", key.thumbprint())
            sealer = cls(str(kid), key)
            sealer.seal({})
        except (JoseError, ValueError, TypeError, KeyError):
            raise ValueError("not a key that can be sealed to") from None
        return sealer

    def seal(self, content: Mapping[str, object]) -> str:
        """Seal an object: JWE compact over its JSON, padded with spaces."""
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        padded = plain.ljust(-(-len(plain) // BLOCK) * BLOCK)
        header = {"alg": ALGORITHM, "enc": ENCRYPTION, "kid": self.kid}
        return jwe.encrypt_compact(header, padded, self.key, algorithms=[ALGORITHM, ENCRYPTION])


def identity(zone: MachineReadableZone, today: date) -> dict[str, str]:
    """Who a machine readable zone says the holder is, for sealing; what it lacks is left out.

    Optional data stays behind: states put personal numbers there.
    """
    born, expires = zone.born(today), zone.expires(today)
    found = {
        "primary_identifier": zone.primary_identifier,
        "secondary_identifier": zone.secondary_identifier,
        "document_number": zone.document_number,
        "document_code": zone.document_code,
        "issuing_state": zone.issuing_state,
        "nationality": zone.nationality,
        "date_of_birth": _day(zone.birth_date, born),
        "sex": zone.sex.strip("<"),
        "date_of_expiry": _day(zone.expiry_date, expires),
    }
    return {name: value for name, value in found.items() if value}


def _day(printed: PartialDate, meant: Span | None) -> str:
    """ISO 8601, as precise as it is printed: 1985-07-04, 1985-07 or 1985; empty when unknown."""
    if meant is None:
        return ""
    whole = meant.first.isoformat()
    if printed.month is None:
        return whole[:4]
    return whole[:7] if printed.day is None else whole
