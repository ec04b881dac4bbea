"""The command line: parse, call, print."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``cityops`` with the given arguments, or those of the process; its exit code.

    0 done, 1 the program or some replications failed, 2 the user's input is wrong, 130 interrupted.
    """
    from sim.cli.app import run_command

    return run_command(arguments)
