"""How much of a file is read before it is refused; docs/formats.md lists the same."""

MAX_FILE_BYTES = 50_000_000
MAX_TEXT = 2_000_000
MAX_PDF_PAGES = 500
MAX_SCANNED_PAGES = 50
MAX_PIXELS = 80_000_000
MAX_ZIP_BYTES = 200_000_000
MAX_ZIP_RATIO = 200
# Below this a ratio says nothing: a few repeated kilobytes shrink well and harm nobody.
MIN_ZIP_BYTES_FOR_RATIO = 1_000_000
MAX_PARTS = 50
MAX_PART_DEPTH = 3
MAX_TABLE_DEPTH = 100
MAX_RESULTS = 2_000
MAX_SEGMENTS = 50_000
MAX_SEPARATORS = 1_000_000
