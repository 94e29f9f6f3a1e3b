"""Every file of the chip that has a typed value, by file; `edge.trust` reads EF.SOD."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from edge.emrtd import security_infos
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import (
    atr_info,
    card_security,
    com,
    dg1,
    dg2,
    dg3,
    dg4,
    dg11,
    dg12,
    dg14,
    dg15,
    dg16,
    directory,
    displayed,
    opaque,
)
from edge.emrtd.lds.atr_info import AtrInfo
from edge.emrtd.lds.card_security import CardSecurity
from edge.emrtd.lds.com import Com
from edge.emrtd.lds.dg11 import PersonalDetails
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.emrtd.lds.dg16 import Person
from edge.emrtd.lds.directory import Application
from edge.emrtd.lds.face import FaceImage
from edge.emrtd.lds.finger import Finger
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.iris import Iris
from edge.emrtd.lds.opaque import Opaque
from edge.emrtd.security_infos import SecurityInfo

Content: TypeAlias = (
    AtrInfo
    | CardSecurity
    | Com
    | DocumentDetails
    | Opaque
    | PersonalDetails
    | bytes
    | tuple[Application, ...]
    | tuple[EncodedImage, ...]
    | tuple[FaceImage, ...]
    | tuple[Finger, ...]
    | tuple[Iris, ...]
    | tuple[Person, ...]
    | tuple[SecurityInfo, ...]
    | tuple[str, ...]
)

DECODERS: Final[Mapping[ElementaryFile, Callable[[bytes], Content]]] = {
    ElementaryFile.ATR_INFO: atr_info.decode,
    ElementaryFile.DIR: directory.decode,
    ElementaryFile.CARD_ACCESS: security_infos.parse,
    ElementaryFile.CARD_SECURITY: card_security.decode,
    ElementaryFile.COM: com.decode,
    ElementaryFile.DG1: dg1.decode,
    ElementaryFile.DG2: dg2.decode,
    ElementaryFile.DG3: dg3.decode,
    ElementaryFile.DG4: dg4.decode,
    ElementaryFile.DG5: partial(displayed.decode, tag=displayed.DG5),
    ElementaryFile.DG6: partial(opaque.decode, tag=0x66),
    ElementaryFile.DG7: partial(displayed.decode, tag=displayed.DG7),
    ElementaryFile.DG8: partial(opaque.decode, tag=0x68),
    ElementaryFile.DG9: partial(opaque.decode, tag=0x69),
    ElementaryFile.DG10: partial(opaque.decode, tag=0x6A),
    ElementaryFile.DG11: dg11.decode,
    ElementaryFile.DG12: dg12.decode,
    ElementaryFile.DG13: partial(opaque.decode, tag=0x6D),
    ElementaryFile.DG14: dg14.decode,
    ElementaryFile.DG15: dg15.decode,
    ElementaryFile.DG16: dg16.decode,
}
"""Each raises only MalformedFile and LimitExceeded."""
