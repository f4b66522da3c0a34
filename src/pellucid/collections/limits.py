"""How much of a collection is read before it is refused; docs/packs.md lists the same."""

#: Bytes of one document: a page, a PDF, a Word file, an XML or JSON file read whole.
MAX_DOCUMENT = 50_000_000
#: Bytes that all files of an archive may unpack to, and how many times its own size.
MAX_UNPACKED = 4_000_000_000
MAX_RATIO = 200
#: Below this a ratio says nothing: a few repeated megabytes shrink well and harm nobody.
MIN_BYTES_FOR_RATIO = 50_000_000
MAX_FILES = 1_000_000
#: Characters of one row of a table, and of one answer.
MAX_ROW = 2_000_000
MAX_ANSWER = 1_000_000
#: Characters of a passage that is cut out of a longer document.
MAX_SECTION = 4_000
#: Lines about skipped files that a manifest keeps.
MAX_NOTES = 100
MAX_DEPTH = 20
