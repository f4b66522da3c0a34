"""Lines of text out of marked-up text: HTML, CDA and Word share blocks, rows and cells."""

from pellucid.errors import ReportFormatError
from pellucid.reports.limits import MAX_TABLE_DEPTH


class Lines:
    """Collects pieces of text; ends of blocks end lines, the cells of a row share one.

    >>> lines = Lines()
    >>> lines.add("Chest  ")
    >>> lines.add("scan")
    >>> lines.end_line()
    >>> lines.get_text()
    'Chest scan'
    """

    def __init__(self) -> None:
        self._done: list[str] = []
        self._pieces: list[str] = []
        self._rows: list[list[list[str]]] = []

    def add(self, text: str) -> None:
        """Add text to the line; runs of white space count as one space."""
        self._pieces.append(text)

    def add_lines(self, text: str) -> None:
        """Add text whose line ends are meant."""
        first, *others = text.split("\n")
        self.add(first)
        for other in others:
            self.end_line()
            self.add(other)

    def add_heading(self, title: str) -> None:
        """Add a heading on a line of its own, with a colon."""
        self.end_line()
        title = " ".join(title.split()).rstrip(": ")
        if title:
            self._get_target().append(f"{title}:")

    def end_line(self) -> None:
        """End the line, if it holds anything."""
        line = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        if line:
            self._get_target().append(line)

    def start_row(self) -> None:
        """Begin a row of a table."""
        self.end_line()
        if len(self._rows) >= MAX_TABLE_DEPTH:
            raise ReportFormatError(f"tables stand inside tables more than {MAX_TABLE_DEPTH} deep")
        self._rows.append([])

    def start_cell(self) -> None:
        """Begin a cell of the row."""
        self.end_line()
        if self._rows:
            self._rows[-1].append([])

    def end_row(self) -> None:
        """End the row: one line if each cell holds one at most, else cell after cell."""
        self.end_line()
        if not self._rows:
            return
        cells = self._rows.pop()
        if all(len(cell) <= 1 for cell in cells):
            row = "\t".join(line for cell in cells for line in cell)
            self._get_target().extend([row] if row else [])
        else:
            self._get_target().extend(line for cell in cells for line in cell)

    def get_text(self) -> str:
        """All lines; what is still open is ended."""
        while self._rows:
            self.end_row()
        self.end_line()
        return "\n".join(self._done)

    def _get_target(self) -> list[str]:
        if not self._rows:
            return self._done
        if not self._rows[-1]:
            self._rows[-1].append([])
        return self._rows[-1][-1]
