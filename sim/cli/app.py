"""The command and its subcommands, and what becomes of everything that can go wrong in them."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

import sim
from sim.cli import told
from sim.errors import CityOpsError, nearest

COMMANDS = {
    "run": "sim.cli.running:run",
    "compare": "sim.cli.running:compare",
    "validate": "sim.cli.checking:validate",
    "new": "sim.cli.beginning:new",
    "export": "sim.cli.exporting:export",
    "list": "sim.cli.checking:list_names",
    "schema": "sim.cli.checking:schema",
    "bench": "sim.cli.benching:bench",
}


class Commands(click.Group):
    """Commands that are loaded when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names, in the order in which one meets them."""
        return list(COMMANDS)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; a UsageError with the nearest name where there is none."""
        near = nearest(args[0], COMMANDS)
        if args[0] not in COMMANDS and near is not None:
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near!r}?", context)
        return super().resolve_command(context, args)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of a name, or None."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(sim.__version__, message="cityops %(version)s")
def cityops() -> None:
    """Which response policy serves the city best, by how much, and how sure are we?

    SCENARIO is a YAML file, or a folder with `scenario.yaml`. Begin with `cityops new` or `cityops list`.
    """


def run_command(arguments: Sequence[str] | None) -> int:
    """Run ``cityops``; every error becomes a message on stderr and an exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    color = False if os.environ.get("NO_COLOR") else None
    try:
        code = cityops.main(given, prog_name="cityops", standalone_mode=False, color=color)
    except CityOpsError as error:
        told.mistakes(error.mistakes, color=color)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        told.interrupted(str(error.__cause__ or ""), given)
        return 130
    except Exception as error:  # the last resort: whatever it is, the user sees one line
        if told.is_verbose(given):
            traceback.print_exc()
        told.failed(error, color=color)
        return 1
    return code if isinstance(code, int) else 0
