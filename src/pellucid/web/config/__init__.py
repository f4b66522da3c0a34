"""Settings, addresses and doors of the site."""
