"""When and how it runs: definitions, jobs, schedules, sensors, checks, resources, and the ``khanij`` command."""
