"""Medical content as data. This package holds no code and imports nothing."""
