"""What a command takes: time by the clock, time on processors, most memory. Shared by the other
scripts; needs nothing but Python."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass
class Taken:
    wall_s: float
    # In the program and, for it, in the system.
    cpu_s: float
    rss_bytes: int


def measure(command, log):
    """Runs a command, its output in the file `log`, and returns what it took. This process must stay
    small: its own memory at the start of the command counts as the command's."""
    with open(log, "w") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        print(Path(log).read_text()[-2000:], file=sys.stderr)
        sys.exit(f"{command[0]}: exit status {process.returncode}")
    return Taken(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def of_rounds(all_taken):
    """The median of each figure, and the most memory."""
    return Taken(
        median(taken.wall_s for taken in all_taken),
        median(taken.cpu_s for taken in all_taken),
        max(taken.rss_bytes for taken in all_taken),
    )


def interleaved(cases, rounds, run):
    """Runs every case once a round, so that all of them share what else the machine is doing.
    Returns what each round of each case took."""
    taken = {case: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            say(f"round {number + 1} of {rounds}: {case}")
            taken[case].append(run(case))
    return taken


def say(text):
    print(f"· {text}", file=sys.stderr, flush=True)


def remove(path):
    path = Path(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def table(rows):
    """Prints rows of texts, the first of which is the heading, in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def mebibytes(size):
    return f"{size / 2**20:,.0f} MiB"
