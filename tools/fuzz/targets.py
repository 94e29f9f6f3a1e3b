"""What is fuzzed: functions of bytes that return a value or raise one of our errors."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

SEEDS = "tools/fuzz/seeds"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a function is (module, colon, name), and specimens it would accept."""

    function: str
    seeds: str = ""
    """A pattern in the folder of specimens."""
    examples: str = ""
    """A pattern in the repository."""


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "tlv": Target("edge.emrtd.tlv:read_all", "*/chip/*.bin"),
        "security-infos": Target("edge.emrtd.security_infos:parse", "*/chip/EF_CardAccess.bin"),
        "public-key": Target("edge.emrtd.public_key:parse"),
        "response": Target("edge.emrtd.apdu:Response.parse"),
        "com": Target("edge.emrtd.lds.com:decode", "*/chip/EF_COM.bin"),
        "dg1": Target("edge.emrtd.lds.dg1:decode", "*/chip/DG1.bin"),
        "dg2": Target("edge.emrtd.lds.dg2:decode", "*/chip/DG2.bin"),
        "dg14": Target("edge.emrtd.lds.dg14:decode", "*/chip/DG14.bin"),
        "dg15": Target("edge.emrtd.lds.dg15:decode", "*/chip/DG15.bin"),
        "dg3": Target("edge.emrtd.lds.dg3:decode"),
        "dg4": Target("edge.emrtd.lds.dg4:decode"),
        "dg11": Target("edge.emrtd.lds.dg11:decode", "*/chip/DG11.bin"),
        "dg12": Target("edge.emrtd.lds.dg12:decode", "*/chip/DG12.bin"),
        "dg16": Target("edge.emrtd.lds.dg16:decode"),
        "face-39794": Target("edge.emrtd.lds.iso39794_5:decode"),
        "card-security": Target("edge.emrtd.lds.card_security:decode", "*/chip/EF_SOD.bin"),
        "dir": Target("edge.emrtd.lds.directory:decode"),
        "atr-info": Target("edge.emrtd.lds.atr_info:decode"),
        "agreement-key": Target("edge.emrtd.agreement_key:parse"),
        "cv-certificate": Target("edge.emrtd.cv_certificate:parse"),
        "ef-cvca": Target("edge.emrtd.ef_cvca:decode"),
        "revocation-list": Target("edge.trust.revocation:RevocationList.parse"),
        "master-list": Target("edge.trust.master_list:parse", "*/chip/EF_SOD.bin"),
        "deviation-list": Target("edge.trust.deviation_list:parse", "*/chip/EF_SOD.bin"),
        "sod": Target("edge.trust.security_object:parse", "*/chip/EF_SOD.bin"),
        "certificate": Target("edge.trust.certificates:Certificate.parse", "trust/*"),
        "certificates": Target("edge.trust.certificates:split", "trust/*"),
        "picture-header": Target("edge.imaging.header:examine", "*/live/*.jpg"),
        "bus-ack": Target("tools.fuzz.bus:acknowledgement", examples=f"{SEEDS}/ack.json"),
        "bus-replay": Target("tools.fuzz.bus:replay", examples=f"{SEEDS}/replay.json"),
        "bus-command": Target("tools.fuzz.bus:command", examples=f"{SEEDS}/command.jws"),
        "bus-claims": Target("tools.fuzz.bus:claims", examples=f"{SEEDS}/claims.json"),
        "bus-event": Target("tools.fuzz.bus:event", examples=f"{SEEDS}/event.json"),
        "bus-events": Target("tools.fuzz.bus:events", examples="docs/examples/events.ndjson"),
        "bus-arrival": Target("tools.fuzz.bus:arrival", examples=f"{SEEDS}/arrival.txt"),
        "bus-info": Target("tools.fuzz.bus:introduction", examples="docs/examples/info.json"),
        "bus-head": Target("tools.fuzz.bus:head", examples=f"{SEEDS}/head.json"),
    }
)


def load(name: str) -> Callable[[bytes], object]:
    """The function of a target; imported now, so that a fuzzer may instrument it."""
    module, _, path = TARGETS[name].function.partition(":")
    found: object = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{TARGETS[name].function} is not a function")
    return found
