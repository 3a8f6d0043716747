#!/usr/bin/env python
"""Management commands; the embedded mode keeps its servers running while a command needs them."""

import sys
from importlib import import_module

from django.core.management.base import BaseCommand

# Commands that use no app, with their modules: loading all apps takes longer than comparing a small file.
COMMANDS_WITHOUT_APPS = {"compare_file": "matching.management.commands.compare_file"}


def main() -> None:
    """Run one management command."""
    try:
        if module := COMMANDS_WITHOUT_APPS.get("".join(sys.argv[1:2])):
            command: BaseCommand = import_module(module).Command()
            command.run_from_argv(sys.argv)
        else:
            import_module("config.local.commands").run_command(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
