"""Basic Access Control, the side of the chip (ICAO Doc 9303-11 §4.3.1)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import bac
from edge.emrtd.apdu import Command, Response
from edge.emrtd.key_derivation import AccessKey, basic_access_keys
from edge.emrtd.secure_messaging import SessionKeys


class BasicAccess:
    """One challenge at a time; it is valid for one answer."""

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._supported = personalisation.bac
        self._keys = basic_access_keys(AccessKey.of_mrz(personalisation.mrz_information))
        self._random = random
        self._challenge: bytes | None = None

    def get_challenge(self, command: Command) -> Response:
        """GET CHALLENGE."""
        if not self._supported:
            raise Refusal(Status.UNKNOWN_INSTRUCTION)
        if command.le != bac.CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_LENGTH)
        self._challenge = self._random(bac.CHALLENGE_LENGTH)
        return Response(self._challenge, Status.OK)

    def authenticate(self, command: Command) -> tuple[Response, SessionKeys]:
        """EXTERNAL AUTHENTICATE: the reply, and the keys of the session it starts."""
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        message = bac.unseal(*self._keys, command.data)
        if message is None or message[8:16] != challenge:
            raise Refusal(Status.AUTHENTICATION_FAILED)
        theirs, secret = message[:8], message[16:]
        ours = self._random(bac.SECRET_LENGTH)
        reply = Response(bac.seal(*self._keys, challenge + theirs + ours), Status.OK)
        return reply, bac.session_keys(challenge, theirs, ours, secret)
