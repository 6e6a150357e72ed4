"""The project's exceptions under the name that they had before ``khanij.foundation``."""

from khanij.foundation.errors import *  # noqa: F403
