"""Questions, concepts, reports: the pages that anyone may read."""
