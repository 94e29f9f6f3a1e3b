"""What each log event means, and what an operator does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Explanation:
    """What has happened, and what to do."""

    meaning: str
    advice: str


NOTHING: Final = "nothing"
REPORT: Final = "report it with the line: it is a fault of the program"

MEANINGS: Final[Mapping[str, Explanation]] = MappingProxyType(
    {
        "attack_cue_disabled": Explanation(
            "A model that looks for presentation attacks is not installed; the other cues decide.",
            "`gatectl models install`",
        ),
        "broker_connected": Explanation(
            "The broker accepted the gate; `session` says whether it kept the last session.",
            NOTHING,
        ),
        "broker_connection_failed": Explanation(
            "The broker cannot be reached, or refuses the connection: name, port, TLS, certificate"
            " or password. Each cause is logged once until the broker is there.",
            "remove the cause; the program tries again by itself",
        ),
        "broker_connection_lost": Explanation(
            "A connection ended. `session taken over`: a second client has the same name. `the"
            " broker confirms nothing`: it answers pings and no events.",
            "look at the broker; the program connects again by itself",
        ),
        "broker_packet_size_limited": Explanation(
            "The limit of the broker is shorter than events may be. The broker ends the connection"
            " at the first longer one.",
            "`max_packet_size` as in config/mosquitto.example.conf",
        ),
        "broker_permission_denied": Explanation(
            "The access list of the broker does not allow the gate its own topics.",
            "compare the common name of the certificate with `{site}/{device}`; see"
            " config/mosquitto.example.acl",
        ),
        "broker_thread_failed": Explanation(
            "A fault of the program ended a connection to the broker.",
            f"{REPORT}; the gate connects again by itself",
        ),
        "camera_accepted": Explanation(
            "The first camera of this gate opened; only this one opens from now on.", NOTHING
        ),
        "camera_turn_detected": Explanation(
            "The faces of several travellers in a row lay in the picture in the same way: the"
            " camera is mounted on its side, or its setting `rotate` is wrong. Everybody is"
            " referred.",
            "as `cause` says: turn the camera, or set `rotate`; `gatectl camera preview` shows it",
        ),
        "central_started": Explanation("`egate-central run` has started.", NOTHING),
        "central_stopped": Explanation(
            "`egate-central run` has ended, with these figures.",
            NOTHING,
        ),
        "certificate_expired": Explanation(
            "The certificate of the gate, the authority of its broker or the last CSCA of a state"
            " has ended.",
            "renew it; files count without a restart, anchors after `gatectl command reload`",
        ),
        "certificate_expiry_approached": Explanation(
            "A certificate ends in 30, 7 or 1 days, or less.",
            "renew it, as after `certificate_expired`",
        ),
        "certificate_read_failed": Explanation(
            "A certificate file cannot be read or is no PEM file.",
            "wait an hour: it may be half renewed; then put the file back",
        ),
        "certificate_renewal_failed": Explanation(
            "New certificate files cannot be used; the last good ones stay in use.",
            "put certificate and key there again",
        ),
        "command_examination_failed": Explanation(
            "A fault of the program stopped the examination of a command; nothing was done.",
            REPORT,
        ),
        "command_execution_failed": Explanation(
            "A fault of the program ended a command; its answer is `failed`.",
            REPORT,
        ),
        "comparison_not_measured": Explanation(
            "The thresholds were measured with other embedders, weights or centres than `model`."
            " Training goes on; a live gate does not start.",
            "calibrate again, [face.md](face.md#bring-your-own-embedder)",
        ),
        "decision_write_failed": Explanation(
            "A decision cannot be written to the journal; the gate refers the traveller.",
            "see `journal_write_failed`",
        ),
        "delivery_resumed": Explanation(
            "The central system has stored what everything waited behind, up to `sequence`.",
            NOTHING,
        ),
        "delivery_stalled": Explanation(
            "Event `sequence` was sent again and again for 30 s at least and is not acknowledged;"
            " all later events wait behind it. `delivered` says how often the broker has taken it,"
            " `requested` how often the central system has asked for it again. Logged once for"
            " each event.",
            "see [what waits](#events-wait-although-the-broker-is-there)",
        ),
        "device_lost": Explanation(
            "A device does not answer, or cannot be opened; without it the gate is out of service.",
            "remove the cause: cable, power, another program; the gate opens it again by itself",
        ),
        "device_opened": Explanation("A device is open and answers.", NOTHING),
        "device_release_failed": Explanation(
            "A device gave an error while it was released; the gate opens it again.",
            "unplug the device if it stays lost",
        ),
        "device_thread_abandoned": Explanation(
            "A call to a driver does not return. The device is lost; the gate no longer waits.",
            "as after `device_lost`; if the device stays lost, restart egated",
        ),
        "disk_measurement_failed": Explanation(
            "The free space of the disk of the journal cannot be read.",
            "look at the disk",
        ),
        "driver_failed": Explanation(
            "A fault of a driver; the device is lost and is opened again.",
            REPORT,
        ),
        "event_subscription_denied": Explanation(
            "The broker does not let the central side subscribe to events; nothing arrives.",
            "correct the access list of the broker",
        ),
        "event_subscription_opened": Explanation("A worker receives events.", NOTHING),
        "events_erased_unstored": Explanation(
            "A gate has erased events that the central side never stored.",
            "restore the database from a better backup, or give the events up with"
            " `egate-central skip`",
        ),
        "foreign_acknowledgement_ignored": Explanation(
            "The central system acknowledges another journal under the name of this gate, such as"
            " one that was moved away.",
            "nothing, unless it stays",
        ),
        "gate_enrolled_on_first_use": Explanation(
            "The central side trusts the first key a gate showed (`trust_on_first_use`).",
            "nothing in training; never set it elsewhere",
        ),
        "gate_state_changed": Explanation(
            "The gate is in another state; `trigger` is the event.", NOTHING
        ),
        "inspection_failed": Explanation(
            "A fault of the program stopped an inspection; the gate refers the traveller.",
            REPORT,
        ),
        "introduction_dropped": Explanation(
            "Gates introduce themselves faster than the central side takes it in.",
            "nothing: they do it again; if it stays, look at the database",
        ),
        "introduction_handling_failed": Explanation(
            "A fault of the program, while it heard what a gate says of itself.",
            REPORT,
        ),
        "journal_bounds_exceeded": Explanation(
            "Too much waits for the central system, for too long, or the disk fills (`bounds`)."
            " With `stage` `stop` every traveller is referred with `R-MODE-DEGRADED`.",
            "bring back broker and central system; make room on the disk",
        ),
        "journal_bounds_restored": Explanation(
            "What waits, and the disk, are within their bounds.", NOTHING
        ),
        "journal_close_abandoned": Explanation(
            "The disk did not answer when egated ended; the journal was not closed. What was"
            " written is safe.",
            "look at the disk before the next start",
        ),
        "journal_opened": Explanation(
            "The journal is open; a new one has `last_sequence` 0.", NOTHING
        ),
        "journal_tidying_failed": Explanation(
            "Old events cannot be erased now; the gate tries again in an hour.",
            "look at the disk if it stays",
        ),
        "journal_write_failed": Explanation(
            "The journal cannot be written; the gate is out of service.",
            "make room or replace the disk; the gate then writes what happened meanwhile",
        ),
        "journal_write_recovered": Explanation("The journal is written again.", NOTHING),
        "library_warned": Explanation(
            "A library that egated uses gave a warning. Its words are not logged: they may quote"
            " what was read.",
            REPORT,
        ),
        "log_lines_dropped": Explanation(
            "Nobody read the log for a while; `lines_dropped` lines before this one are missing.",
            "look at what reads the log (journald): the gate went on without it",
        ),
        "memory_lock_failed": Explanation(
            "The kernel may swap out the memory of egated, and this machine has swap.",
            "`LimitMEMLOCK=infinity` in the unit, or no swap",
        ),
        "message_handling_failed": Explanation(
            "A fault of the program, while it read a message of the broker; nothing was done.",
            REPORT,
        ),
        "message_refused": Explanation(
            "The central side put a message into quarantine."
            " [central](central.md#what-the-log-says) explains each `reason`; `repeated` counts"
            " what was not logged since the last line.",
            "`egate-central quarantine` shows it",
        ),
        "misfit_event_stored": Explanation(
            "An event is genuine, and does not fit the contract: a later version, or a fault of the"
            " gate. It is stored.",
            "update egate at the central side",
        ),
        "outbox_read_failed": Explanation(
            "The events that wait cannot be read; the gate tries again.",
            "look at the disk if it stays",
        ),
        "page_connections_refused": Explanation(
            "More connections to the pages than they take, in the last ten seconds: newcomers were"
            " closed, or idle ones for them. Travellers are served as before.",
            "find the program or the person behind it: `ss -tn` on the gate; see"
            " [the pages](#who-asks-the-pages)",
        ),
        "preview_ended": Explanation("The live picture for technicians has ended.", NOTHING),
        "preview_opened": Explanation(
            "A technician looks through the camera.",
            "nothing: the log keeps it, the picture is kept nowhere",
        ),
        "reader_refused_extended_length": Explanation(
            "The reader takes no commands of extended length; the gate reads in short pieces.",
            "nothing; `[chip] extended_length = false` saves the attempt after each start",
        ),
        "reboot_skipped": Explanation(
            "A command asked for a restart; in training there is none.", NOTHING
        ),
        "service_started": Explanation(
            "The daemon serves its duties: journal, delivery, pages. A missing device has a line of"
            " its own, `device_lost`.",
            NOTHING,
        ),
        "service_stopped": Explanation("The daemon has ended in good order.", NOTHING),
        "simulated_traveller_refused": Explanation(
            "The simulation cannot send its next traveller now; it tries again.",
            NOTHING,
        ),
        "store_failed": Explanation(
            "The database does not answer. Each worker logs each cause once; events wait at the"
            " gates.",
            "repair the database",
        ),
        "store_recovered": Explanation("The database answers again.", NOTHING),
        "totals_changed": Explanation(
            "The figures of the central side, every few seconds.", NOTHING
        ),
        "transaction_closed": Explanation(
            "A traveller has left; `decision_ms` is the time until the decision.",
            NOTHING,
        ),
        "trust_material_rejected": Explanation(
            "A file of trust anchors has something that is not trusted.",
            "replace the file, or import it with `gatectl trust import` and read the report",
        ),
        "worker_replaced": Explanation(
            "A worker ended; another took its place.",
            "read what it logged before",
        ),
    }
)
"""Meaning and advice, by event."""
