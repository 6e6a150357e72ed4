"""When and how it runs: definitions, jobs, schedules, sensors, checks, resources, and the ``khanij`` command."""

import khanij.foundation.closure  # noqa: F401 - first of all: it notes what the code is before any of it is read
