#!/usr/bin/env python
"""Command line entry of kefu: `python manage.py serve`, `migrate`, `seed`, …"""

import os
import sys


def main() -> int:
    """Run one management command; `serve` checks its surroundings before Django is imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")
    from kefu_project.preflight import Refusal, check_python

    try:
        check_python(sys.version_info)
        if sys.argv[1:2] == ["serve"]:
            from kefu_project.preflight import before_settings

            before_settings(sys.argv[2:])
    except Refusal as refusal:
        sys.stderr.write(f"kefu: {refusal}\n")
        return 1
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
