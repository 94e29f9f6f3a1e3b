"""The floor of the start: the packages of others that `egated` uses, and its networks loaded.

Run as a program with the models as arguments, by an interpreter of its own: an import costs only
once.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

PACKAGES: Final = (
    "PIL.Image",
    "PIL.JpegImagePlugin",
    "PIL.Jpeg2KImagePlugin",
    "asn1crypto.algos",
    "asn1crypto.cms",
    "asn1crypto.crl",
    "asn1crypto.x509",
    "click",
    "cryptography.hazmat.decrepit.ciphers.algorithms",
    "cryptography.hazmat.primitives.asymmetric.dsa",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.ciphers",
    "cryptography.hazmat.primitives.cmac",
    "cryptography.hazmat.primitives.serialization",
    "ecdsa.curves",
    "gmpy2",
    "joserfc.jwe",
    "joserfc.jwk",
    "joserfc.jws",
    "numpy",
    "numpy.fft",
    "numpy.typing",
    "onnxruntime",
    "paho.mqtt.client",
    "pydantic.functional_validators",
    "pydantic.json_schema",
    "pydantic.main",
    "pydantic.types",
    "rfc8785",
    "starlette.applications",
    "starlette.middleware.trustedhost",
    "starlette.responses",
    "starlette.routing",
    "starlette.staticfiles",
    "structlog",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.server",
)
"""What the modules of `edge` import, and the picture decoder.

`rich`, which only developers have, is not among them.
"""


def main(models: list[str]) -> None:
    """Import everything, and load every model as `edge.inference` loads it: for one small core."""
    for name in PACKAGES:
        importlib.import_module(name)
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    for model in models:
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    sys.modules["rich"] = None  # type: ignore[assignment]  # what structlog loads where it is installed
    main(sys.argv[1:])
