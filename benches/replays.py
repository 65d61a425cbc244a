"""Whole replays, as processes of their own.

replays.py replay|window|memory --ricochet BINARY --data FOLDER --rounds N
"""

import argparse
import json
from pathlib import Path

from measure import interleaved, measure, mebibytes, of_rounds, remove, table

# name: input in the folder of the data, configuration in it
REPLAY = {
    "JSON lines, default readings": ("events.jsonl", "default.toml"),
    "JSON lines, 14 readings": ("events.jsonl", "fourteen.toml"),
    "Avro, default readings": ("avro", "default.toml"),
    "Parquet, default readings": ("events.parquet", "default.toml"),
}
WINDOW = {
    "four windows": ("events.jsonl", "windows.toml"),
    "five windows": ("events.jsonl", "windows-5.toml"),
}
MEMORY = {"JSON lines, default readings": ("events.jsonl", "default.toml")}
# The scopes of the default configuration.
SCOPES = {
    "all": ["phone", "chat", "email", "video", "web"],
    "assisted": ["phone", "chat", "email", "video"],
    "phone": ["phone"],
}


# All but the figures, which are not part of the job that is compared over time.
TABLES = "contacts,verdicts,sessions,alerts,markers,dead_letters"


def readings_per_contact(summary):
    """There is a reading of a contact where its channel is in the scope."""
    scopes = [name.split()[-2] for name in summary["readings"]]
    by_channel = summary["contacts"]
    rows = sum(by_channel.get(channel, 0) for scope in scopes for channel in SCOPES[scope])
    return rows / max(1, sum(by_channel.values()))


def run_all(cases, options):
    """What each case took, and the summary that it wrote."""
    summaries = {}

    def run(case):
        source, config = cases[case]
        output = options.data / "out"
        remove(output)
        command = [options.ricochet, "replay", "--progress", "never", "--tables", TABLES]
        command += ["--config", options.data / config, "--input", options.data / source]
        taken = measure(command + ["--output", output], options.data / "replay.log")
        summaries[case] = json.loads((output / "summary.json").read_text())
        remove(output)
        return taken

    return interleaved(list(cases), options.rounds, run), summaries


def print_replays(cases, taken, summaries):
    heading = ["", "events", "a second", "a CPU-second", "wall", "CPU", "cores", "memory"]
    rows = [heading + ["contacts", "readings each"]]
    for case in cases:
        middle, summary = of_rounds(taken[case]), summaries[case]
        events = summary["decoded"]
        rows.append(
            [
                case,
                f"{events:,}",
                f"{events / middle.wall_s:,.0f}",
                f"{events / middle.cpu_s:,.0f}",
                f"{middle.wall_s:.1f} s",
                f"{middle.cpu_s:.1f} s",
                f"{middle.cpu_s / middle.wall_s:.2f}",
                mebibytes(middle.rss_bytes),
                f"{sum(summary['contacts'].values()):,}",
                f"{readings_per_contact(summary):.1f}",
            ]
        )
    table(rows)


def print_window(taken):
    without, with_it = (of_rounds(rounds).cpu_s for rounds in taken.values())
    pairs = [b.cpu_s / a.cpu_s for a, b in zip(*taken.values())]
    print(f"one more window: {100 * (with_it / without - 1):+.1f} % CPU time, of the medians;")
    print(f"  round by round: {', '.join(f'{100 * (pair - 1):+.1f} %' for pair in pairs)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["replay", "window", "memory"])
    parser.add_argument("--ricochet", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    options = parser.parse_args()
    cases = {"replay": REPLAY, "window": WINDOW, "memory": MEMORY}[options.what]
    taken, summaries = run_all(cases, options)
    print_replays(cases, taken, summaries)
    if options.what == "window":
        print_window(taken)


if __name__ == "__main__":
    main()
