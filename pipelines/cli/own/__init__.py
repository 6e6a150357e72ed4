"""What ``khanij new`` and ``khanij validate --region`` do with a region of a user's own."""
