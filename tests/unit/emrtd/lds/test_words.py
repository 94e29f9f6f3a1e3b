"""The words for what a biometric record says (ISO/IEC 19794, 39794): scripts compare them."""

from __future__ import annotations

import inspect
from enum import StrEnum

import pytest

from edge.emrtd.lds import face, finger, iris

WORDS = """
FaceFormat: ISO/IEC 19794-5 | ISO/IEC 39794-5
FaceKind: basic | full frontal | token frontal | mrtd | general purpose
ColourSpace: other | RGB, 24 bits | RGB, 48 bits | YUV 4:2:2 | grey, 8 bits | grey, 16 bits
Source: photograph | digital camera | scanner | video | analogue video | digital video
Sex: other | male | female
EyeColour: other | black | blue | brown | grey | green | hazel | multi-coloured | pink
HairColour: other | bald | black | blonde | brown | grey | white | red | green | blue | coloured
Property: glasses | moustache | beard | teeth visible | eyes closed | mouth open | left eye
    patch | right eye patch | dark glasses | medical condition | biometric absent | head
    covering
Expression: neutral | smile | smile with open jaw | raised eyebrows | looking away | squinting |
    frowning
Processing: rotated | cropped | down-sampled | white balance adjusted | multiply compressed |
    interpolated | contrast stretched | pose corrected | multi-view image | age progressed |
    super-resolution | normalised
AttackDecision: no attack | attack | not assessed
FingerFormat: ISO/IEC 19794-4 | ISO/IEC 39794-4
FingerPosition: right thumb | right index | right middle | right ring | right little | left
    thumb | left index | left middle | left ring | left little
Impression: plain | rolled | latent | swipe | contactless | other
IrisFormat: ISO/IEC 19794-6 | ISO/IEC 39794-6
Eye: right | left
IrisKind: uncropped | VGA | cropped | cropped and masked
"""
VOCABULARIES = {
    name: vocabulary
    for module in (face, finger, iris)
    for name, vocabulary in inspect.getmembers(module, inspect.isclass)
    if issubclass(vocabulary, StrEnum) and vocabulary is not StrEnum
}
EXPECTED = {
    name: words.split(" | ")
    for name, words in (
        line.split(": ") for line in WORDS.replace("\n    ", " ").strip().split("\n")
    )
}


def test_every_vocabulary_is_known() -> None:
    assert EXPECTED.keys() == VOCABULARIES.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_words_stay_what_they_are(name: str) -> None:
    assert [each.value for each in VOCABULARIES[name]] == EXPECTED[name]
