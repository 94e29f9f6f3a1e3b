"""From claims to verified values: CSCA, document signer, EF.SOD, data groups.

The chip claims; each rule verifies one claim.  The rules stand in this order, and so does the
code.  A rule relies only on what earlier rules have verified.  Only the last rule builds a verified
value.  One moment counts for all rules: that of the inspection.

Passive authentication of EF.SOD, in `edge.trust.sod`:

1.  Read EF.SOD (Doc 9303-10 §4.6.2).  Claimed: hashes of data groups, signers, their certificates.
    Verified: nothing.
2.  Certification path (Doc 9303-11 §5.1.1 step 2, Doc 9303-12 §6.1; TR-03135-1 §5.6.4.3.3): a
    trusted CSCA signed the certificate of every signer, as one of a document signer of its state.
    Verified: the signer's key.
3.  Validity (Doc 9303-11 §5.1.1 best practice 3; TR-03135-1 §5.6.4.3.4).  Verified: CSCA and
    signer are within their periods, and signed while their keys might.
4.  Revocation (Doc 9303-12 §6.1.2; TR-03135-1 §5.6.4.3.5).  Verified: the CSCA has not revoked the
    signer, as far as a fresh list shows.
5.  Signature (Doc 9303-11 §5.1.1 step 3; TR-03135-1 §5.6.4.2.2).  Verified: the hashes are those
    that the signer signed.  They are authentic when rule 2 is met too and nothing is revoked.

Contents of the chip, in `edge.trust.inspection`:

6.  EF.COM (TR-03135-1 §5.6.4.4.1).  Claimed: a list of data groups, which nobody signs.  Verified:
    it adds nothing to EF.SOD and hides no key.
7.  Data groups (Doc 9303-11 §5.1.1 step 5; TR-03135-1 §5.6.4.4.2).  Verified: each data group that
    was read is as the issuer signed it.
8.  DG1 and the printed MRZ (Doc 9303-11 §6.1.6 step 1; TR-03135-1 §5.7.2).  Verified: chip and
    document belong together.
9.  State and type (Doc 9303-11 §5.1.1 best practice 1, 2; TR-03135-1 §5.6.4.5).  Verified: the
    signer may sign for the issuing state and the type of document.
10. EF.CardAccess (Doc 9303-11 §9.2.11).  Claimed: what PACE the chip offers.  Verified: DG14 signs
    the same offers.
11. PACE-CAM (Doc 9303-11 §4.4.3.5.2; TR-03135-1 §5.6.4.1.3).  Claimed in the session: a private
    key.  Verified: its public key is in an authentic EF.CardSecurity of the same state.
12. Chip authentication (Doc 9303-11 §6.2; TR-03135-1 §5.6.4.1.2).  Claimed in the session: a
    private key.  Verified: its public key is in DG14, which rule 7 verified.
13. Active authentication (Doc 9303-11 §6.1.6; TR-03135-1 §5.6.4.1.1).  Claimed: a signature over
    our challenge.  Verified: it is by the key in DG15, which rule 7 verified.
14. Terminal authentication (Doc 9303-11 §7.1; TR-03135-1 §5.6.3.2).  It says whether the chip
    accepted us.  It verifies nothing about the document.
15. Deviations (Doc 9303-12 §10; TR-03135-1 §5.8.2).  Claimed by the issuing state: known faults of
    its documents.  A failure that the state explains is undetermined, never successful.  A key that
    the state reports as stolen proves nothing: failed.
16. The document.  When EF.SOD is authentic and rules 7 and 8 are met, `AuthenticDocument` is
    built.  Its portrait comes from a DG2 that rule 7 verified.

Section numbers: Doc 9303 eighth edition, TR-03135-1 version 2.5.
"""

from edge.trust.card_security import CardSecurityVerdict, card_security_of, verify_card_security
from edge.trust.document import AuthenticDocument, AuthenticPortrait
from edge.trust.inspection import ChipInspection, inspect
from edge.trust.sod import SodVerdict, verify_sod
from edge.trust.store import TrustStore

__all__ = [
    "AuthenticDocument",
    "AuthenticPortrait",
    "CardSecurityVerdict",
    "ChipInspection",
    "SodVerdict",
    "TrustStore",
    "card_security_of",
    "inspect",
    "verify_card_security",
    "verify_sod",
]
