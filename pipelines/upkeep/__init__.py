"""What keeps an installation small and sound over the years: retention, the upgrade of its books."""
