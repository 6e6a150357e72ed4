"""``python -m pipelines.cli`` is ``khanij``."""

import sys

from pipelines.cli import main

sys.exit(main())
