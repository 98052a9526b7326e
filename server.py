"""Soundroom's server: reads the settings, serves until it is told to stop, alone or by workers."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

from config.logging import configure_logging
from config.settings import Settings, SettingsError
from realtime.supervisor import supervise


def main() -> int:
    """Run; what keeps the server from starting is said in one sentence, and the exit code is 2."""
    load_dotenv(Path(__file__).with_name(".env"), override=False)
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log_level, settings.log_format)
        if settings.is_supervisor:
            return supervise(settings, [sys.executable, __file__])
        # Not above: a supervisor needs none of it, and without it a fifth of the memory.
        from handlers.process import run  # noqa: PLC0415

        run(settings)
    except SettingsError as error:
        print(f"soundroom: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
