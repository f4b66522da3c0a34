"""`pellucid ask` against `python -c pass`, in turn, in one run: python benchmarks/whole_process.py

Run it with the Python of an environment in which pellucid is installed (pip install .).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path


def main(runs: int = 31) -> None:
    script = Path(sys.executable).with_name("pellucid")
    ask = [str(script), "ask", "What does nodular calcification mean?"]
    nothing = [sys.executable, "-c", "pass"]
    times: dict[str, list[float]] = {"pass": [], "ask": []}
    peaks = []
    for command in (ask, nothing):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    for _ in range(runs):
        for name, command in (("pass", nothing), ("ask", ask)):
            begin = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            times[name].append(time.perf_counter() - begin)
            assert status == 0
            if name == "ask":
                peaks.append(usage.ru_maxrss / 1024)
    ratios = [a / b for a, b in zip(times["ask"], times["pass"], strict=True)]
    print(f"python_pass_ms_median: {statistics.median(times['pass']) * 1e3:.1f}")
    print(f"pellucid_ask_ms_median: {statistics.median(times['ask']) * 1e3:.1f}")
    print(f"ratio_median: {statistics.median(ratios):.2f}")
    print(f"ratio_min_max: {min(ratios):.2f} {max(ratios):.2f}")
    print(f"peak_rss_mb: {max(peaks):.0f}")


if __name__ == "__main__":
    main()
