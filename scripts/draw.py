"""Draw the README's pictures from the real output.

python scripts/draw.py ask > docs/answer.svg; python scripts/draw.py read > docs/reading.svg
"""

from __future__ import annotations

import re
import sys
from html import escape

import pellucid
from pellucid.app.render import render_reading, select_sections

QUESTION = "Is nodular calcification serious?"
REPORT = """CT CHEST
INDICATION: Cough. Rule out pneumonia.
FINDINGS: 6 mm nodule in the right upper lobe, previously 4 mm. Calcified granuloma
in the left lower lobe. No suspicious calcification. No pleural effusion.
Probable simple cyst of the left kidney. Heart size is normal.
IMPRESSION: Right upper lobe nodule. Follow-up CT in 6 to 12 months is recommended.
"""
WIDTH, LINE, CHAR, PAD = 84, 19, 8.43, 18


def ask() -> list[str]:
    answer = select_sections(pellucid.load().ask(QUESTION), short=True)
    coloured = pellucid.render(answer, width=WIDTH, colour=True).splitlines()
    return ['\x1b[2m$\x1b[0m pellucid ask --short \x1b[36m"' + QUESTION + '"\x1b[0m', "", *coloured]


def read() -> list[str]:
    shown = render_reading(pellucid.load().read(REPORT), width=WIDTH)
    head = shown.partition("\nWords explained")[0].splitlines()
    bold = [f"\x1b[1m{line}\x1b[0m" if line[:1].strip() else line for line in head]
    return [
        "\x1b[2m$\x1b[0m cat report.txt",
        *(f"\x1b[36m{line}\x1b[0m" for line in REPORT.splitlines()),
        "\x1b[2m$\x1b[0m pellucid read report.txt",
        "",
        *bold,
        "",
        "\x1b[2m... words explained, and the sources by number\x1b[0m",
    ]


def main() -> None:
    command = sys.argv[1]
    lines = {"ask": ask, "read": read}[command]()
    height = len(lines) * LINE + 2 * PAD
    width = int(WIDTH * CHAR) + 2 * PAD
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="t d">',
        f'<title id="t">Output of pellucid {command}</title><desc id="d">{escape(plain)}</desc>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#101418"/>',
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14" fill="#d8dee4" xml:space="preserve">',
    ]
    styles = {
        "1": 'font-weight="bold" fill="#ffffff"',
        "2": 'fill="#8b98a5"',
        "36": 'fill="#7fd1e0"',
        "1;31": 'font-weight="bold" fill="#ff7b72"',
    }
    style = ""
    for number, line in enumerate(lines):
        x = 0
        for code, text in re.findall(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)", line):
            if code:
                style = styles.get(code, "")
            if text.strip():
                left = x + len(text) - len(text.lstrip())  # renderers drop leading spaces
                out.append(
                    f'<text x="{PAD + left * CHAR:.1f}" y="{PAD + (number + 1) * LINE - 5}" {style}>{escape(text.strip())}</text>'
                )
            x += len(text)
    out += ["</g>", "</svg>"]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
