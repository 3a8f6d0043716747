#!/usr/bin/env python
"""Management commands; the embedded mode keeps its servers running while a command needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config.local.embedded import get_home_folder, hold_servers
from config.local.process import ServerError


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with hold_servers(sys.argv[1:], get_home_folder()):
            execute_from_command_line(sys.argv)
    except ServerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
