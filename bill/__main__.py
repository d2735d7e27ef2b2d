"""``python -m bill``."""

import sys

from .cli import main

sys.exit(main())
