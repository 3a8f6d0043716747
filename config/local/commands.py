"""One management command, with the embedded servers while it needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config.local.embedded import get_home_folder, hold_servers
from config.local.process import ServerError


def run_command(arguments: list[str]) -> None:
    """Run the command of a command line; ends the process when its servers cannot run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with hold_servers(arguments[1:], get_home_folder()):
            execute_from_command_line(arguments)
    except ServerError as error:
        sys.exit(str(error))
