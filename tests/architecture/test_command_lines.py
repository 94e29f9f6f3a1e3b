"""What gatectl, egate-central and egated can be asked: declared without what is slow to import."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edge.__main__ import main as egated
from edge.contract.commands import ORDERS, CommandName, Reloaded, SecondLine
from edge.contract.verified_command import LONGEST_LIFE_S
from tools.central.commands import central
from tools.central.statistics.command import FORMATS
from tools.command_line import Deferred
from tools.gatectl import gatectl
from tools.gatectl.commands import command as sent
from tools.gatectl.keys import CURVES

ROOT = Path(__file__).parents[2]
PROGRAMS: dict[str, click.Command] = {
    "gatectl": gatectl,
    "egate-central": central,
    "egated": egated,
}
PLACES = {
    "gatectl": "tools.gatectl:gatectl",
    "egate-central": "tools.central.commands:central",
    "egated": "edge.__main__:main",
}
OURS = {"drivers", "edge", "tools"}
LIGHT = {"click", "typing_extensions"}
"""All that a help may import beside Python's own modules and ours."""
SLOW_OF_PYTHON = {"asyncio", "sqlite3", "ssl", "multiprocessing"}
ASKED = """
import contextlib, importlib, io, json, sys
before = set(sys.modules)
module, _, name = sys.argv[1].partition(":")
program = getattr(importlib.import_module(module), name)
said = {}
for words in json.loads(sys.argv[2]):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        program.main(words, prog_name="program", standalone_mode=False)
    said[" ".join(words)] = output.getvalue()
print(json.dumps({"said": said, "imported": sorted(set(sys.modules) - before)}))
"""


def tree(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and everything below it, each with the words that lead there."""
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from tree(below, *path, name)


EVERY = [
    (program, path, command) for program, root in PROGRAMS.items() for path, command in tree(root)
]
CALLED = [each for each in EVERY if isinstance(each[2].callback, Deferred)]


def name_of(each: object) -> str:
    return " ".join(each) if isinstance(each, tuple) else str(each)


def choices(command: click.Command, option: str) -> set[str]:
    (found,) = (each for each in command.params if each.name == option)
    assert isinstance(found.type, click.Choice)
    return set(found.type.choices)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_help_and_version_is_shown_without_what_is_slow(program: str) -> None:
    asked = [[*path, "--help"] for name, path, _ in EVERY if name == program] + [["--version"]]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ASKED, PLACES[program], json.dumps(asked)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert len(found["said"]) == len(asked)
    assert all(len(text) > len("program") for text in found["said"].values())
    imported = {name.partition(".")[0] for name in found["imported"]}
    assert imported - OURS - set(sys.stdlib_module_names) - LIGHT == set()
    assert imported & SLOW_OF_PYTHON == set()


@pytest.mark.parametrize(
    ("program", "path"),
    [
        pytest.param(program, path, id=" ".join((program, *path)))
        for program, top in PROGRAMS.items()
        for path, command in tree(top)
        if isinstance(command, click.Group)
    ],
)
def test_a_list_of_commands_cuts_no_sentence(program: str, path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(PROGRAMS[program], [*path, "--help"], terminal_width=80).output
    listed = shown.partition("Commands:")[2].partition("Examples:")[0]
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


def test_every_command_is_walked() -> None:
    """A group that hides its commands would show nothing slow either."""
    assert {path for program, path, _ in EVERY if program == "gatectl"} >= {
        ("simulate",), ("models", "list"), ("command", "release"), ("trust", "import"),
    }  # fmt: skip
    assert ("stats",) in {path for program, path, _ in EVERY if program == "egate-central"}
    leaves = [each for each in EVERY if not isinstance(each[2], click.Group)]
    assert [path for program, path, _ in leaves if program != "egated"] == [
        path for _, path, _ in CALLED
    ]


@pytest.mark.parametrize(("program", "path", "command"), CALLED, ids=name_of)
def test_a_command_calls_a_function_that_takes_its_options(
    program: str, path: tuple[str, ...], command: click.Command
) -> None:
    assert isinstance(command.callback, Deferred)
    takes = inspect.signature(command.callback.function()).parameters
    if any(each.kind is each.VAR_KEYWORD for each in takes.values()):
        assert (program, path[0]) == ("gatectl", "command"), "it reads them by the contract's names"
        return
    assert set(takes) == {each.name for each in command.params}


def test_every_command_of_the_contract_can_be_sent_with_its_arguments() -> None:
    assert set(sent.NAMES) == set(sent.group.commands) == set(CommandName)
    common = {each.name for each in sent.group.commands[CommandName.DIAGNOSTICS].params}
    for name, order in ORDERS.items():
        options = {each.name for each in sent.group.commands[name].params}
        assert options - common == set(order.model_fields)


def test_what_can_be_chosen_is_what_the_program_knows() -> None:
    commands = {path: command for _, path, command in EVERY}
    assert choices(commands["command", "outcome"], "outcome") == set(SecondLine)
    assert choices(commands["command", "reload"], "what") == set(Reloaded)
    assert choices(commands["keys", "new"], "use") == set(CURVES)
    assert choices(commands["keys", "new"], "curve") == {
        curve for curves in CURVES.values() for curve in curves
    }
    assert choices(commands["stats",], "form") == set(FORMATS)
    assert sent.LONGEST_LIFE_S == LONGEST_LIFE_S


@pytest.mark.parametrize(
    ("program", "typed", "meant"),
    [
        ("gatectl", ["simulat"], "simulate"),
        ("gatectl", ["specimen", "isue"], "issue"),
        ("egate-central", ["enrol"], "enroll"),
    ],
)
def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(
    program: str, typed: list[str], meant: str
) -> None:
    said = CliRunner().invoke(PROGRAMS[program], typed)
    assert said.exit_code == 2
    assert f"Did you mean '{meant}'?" in said.output
