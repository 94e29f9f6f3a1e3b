"""Errors, grouped by what the gate must do about them.

A failed check is not an error: it is a `edge.checks.Check`.
"""

from __future__ import annotations


class EdgeError(Exception):
    """Base of every error this program raises on purpose.

    Messages say what to do and never carry personal data: no MRZ, no name, no number, no key.
    """


class SettingsError(EdgeError):
    """The configuration is wrong: do not start."""


class DamagedJournal(SettingsError):
    """The journal is not what was written: do not start, and leave the file to a person."""

    def __init__(self, why: Exception | str, journal: object = None) -> None:
        where = "the journal" if journal is None else f"the journal {journal}"
        super().__init__(
            f"{where} is damaged ({printable(str(why))}): copy its folder for the central system,"
            " then see docs/runbook.md, *A damaged journal*"
        )


class DeviceError(EdgeError):
    """A device is at fault: go out of service and open it again with back-off."""

    def __init__(self, device: str, message: str) -> None:
        super().__init__(f"{device}: {message}")
        self.device = device


class DeviceLost(DeviceError):
    """The device does not answer any more."""


class DeviceBusy(DeviceError):
    """Another program holds the device."""


class DocumentError(EdgeError):
    """The document is at fault: refer the traveller."""


class UnreadableMrz(DocumentError):
    """The machine readable zone has no known layout."""


class ChipError(DocumentError):
    """The chip, or the talk with it, is at fault."""


class AccessDenied(ChipError):
    """The chip stays shut."""


class WrongKey(AccessDenied):
    """The key read from the document does not fit the chip: read it again."""


class PaceFailed(AccessDenied):
    """The chip offers PACE and did not carry it through; going on by BAC would be a downgrade."""


class ChipLost(ChipError):
    """The document left the reader's field while it was being read."""


class MalformedFile(DocumentError):
    """A file of the chip, or a picture in it, is not what its standard says."""


class LimitExceeded(DocumentError):
    """The document asks for more bytes, commands, depth or time than any honest one."""


class DeliveryError(EdgeError):
    """An event could not be delivered: keep it and try again."""


def printable(text: str) -> str:
    """A text that commands no terminal and stays on its line: `?` for what cannot be printed.

    Names of files, readers, certificates and gates can be made of any character.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def first_of(errors: BaseExceptionGroup[EdgeError]) -> EdgeError:
    """The first error of a group, however deep: one line is shown, not a tree."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
