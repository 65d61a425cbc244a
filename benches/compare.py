"""`replay` beside the query that an analyst would write for the same readings, in DuckDB
(readings.sql) and in polars (readings.py): of the same Parquet file of contacts, each into a Parquet
file of one row a contact and reading.

compare.py --ricochet BINARY --data FOLDER --rounds N

First the results are compared: all must name the same repeats, and the same verdict for every contact
and reading; else the exit status is 1 and nothing is measured. Then each runs as a process of its own,
by turns.
"""

import argparse
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from measure import interleaved, measure, mebibytes, of_rounds, remove, say, table

HERE = Path(__file__).resolve().parent
ALL, VERDICTS, DUCKDB, POLARS = "ricochet", "ricochet, verdicts only", "DuckDB", "polars"
CASES = [ALL, VERDICTS, DUCKDB, POLARS]
COLUMNS = 'contact_id, "window", {mode}, class, prior_contact_id, next_contact_id, verdict'

# All but the figures, which the other two do not count either.
TABLES = "contacts,verdicts,sessions,alerts,markers,dead_letters"


def output(options, case):
    """What a case writes: a folder of tables, or a file."""
    names = {ALL: "out-all", VERDICTS: "out-verdicts", DUCKDB: "duckdb.parquet"}
    return options.data / names.get(case, "polars.parquet")


def verdicts(options, case):
    written = output(options, case)
    return written / "verdicts.parquet" if case in (ALL, VERDICTS) else written


def run(options, case):
    source, target = options.data / "contacts.parquet", output(options, case)
    remove(target)
    if case == DUCKDB:
        command = [sys.executable, __file__, "--query", source, target]
    elif case == POLARS:
        command = [sys.executable, HERE / "readings.py", source, target]
    else:
        command = [options.ricochet, "replay", "--progress", "never", "--input", source]
        command += ["--config", options.data / "fourteen.toml", "--output", target]
        command += ["--tables", "verdicts" if case == VERDICTS else TABLES]
    return measure(command, options.data / "compare.log")


def run_and_remove(options, case):
    taken = run(options, case)
    remove(output(options, case))
    return taken


def query(source, target):
    """The analyst's query in DuckDB, with all its defaults."""
    import duckdb

    text = (HERE / "readings.sql").read_text()
    duckdb.execute(text.replace(":input", source).replace(":output", target))


def check(files):
    """Compares the rows of DuckDB and polars with those of ricochet. The exit status says whether they
    are the same."""
    import duckdb

    def rows(text):
        return duckdb.execute(text).fetchall()

    names = [ALL, DUCKDB, POLARS]
    for name, file in zip(names, files):
        columns = COLUMNS.format(mode="reason_mode AS mode" if name == ALL else "mode")
        rows(f"CREATE VIEW {name} AS SELECT {columns} FROM read_parquet('{file}')")
        rows(
            f'CREATE VIEW {name}_repeats AS SELECT contact_id, "window", mode, prior_contact_id '
            f"FROM {name} WHERE class = 'repeat'"
        )
    differ = False
    for other in [DUCKDB, POLARS]:
        for one, two in [(ALL, other), (other, ALL)]:
            extra = rows(f"FROM {one}_repeats EXCEPT ALL FROM {two}_repeats")
            if extra:
                differ = True
                print(f"{len(extra):,} repeats that {one} finds and {two} does not, such as")
                for row in sorted(extra)[:3]:
                    print(f"  contact {row[0]}, reading {row[1]} {row[2]}, prior {row[3]}")
    # All rows with all their columns are too many to be held beside each other: their number and the
    # sum of their hashes stand for them.
    sums = [rows(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {name} AS t")[0] for name in names]
    for name, found in zip(names[1:], sums[1:]):
        if found != sums[0]:
            differ = True
            print(f"verdicts: the {found[0]:,} rows of {name} are not the {sums[0][0]:,} of ricochet")
    if differ:
        sys.exit(1)
    repeats = rows(f"SELECT count(*) FROM {ALL}_repeats")[0][0]
    print(f"{repeats:,} repeats (contact, reading, prior) and {sums[0][0]:,} verdicts:")
    print("the same ones by ricochet, DuckDB and polars")


def compare(options):
    for case in [ALL, DUCKDB, POLARS]:
        say(f"to compare the results: {case}")
        run(options, case)
    files = [verdicts(options, case) for case in [ALL, DUCKDB, POLARS]]
    # In a process of its own, so that this one stays small.
    checked = subprocess.run([sys.executable, __file__, "--check", *files], check=False)
    if checked.returncode != 0:
        sys.exit("the results are not the same: nothing was measured")
    for case in [ALL, DUCKDB, POLARS]:
        remove(output(options, case))
    taken = interleaved(CASES, options.rounds, lambda case: run_and_remove(options, case))
    print()
    middles = {case: of_rounds(taken[case]) for case in CASES}
    labels = {DUCKDB: f"DuckDB {version('duckdb')}", POLARS: f"polars {version('polars')}"}
    rows = [["", "CPU", "wall", "cores", "memory", "CPU: ricochet is", "ricochet, verdicts only is"]]
    for case in CASES:
        middle = middles[case]
        rows.append(
            [
                labels.get(case, case),
                f"{middle.cpu_s:.1f} s",
                f"{middle.wall_s:.1f} s",
                f"{middle.cpu_s / middle.wall_s:.2f}",
                mebibytes(middle.rss_bytes),
                f"{middles[ALL].cpu_s / middle.cpu_s:.2f}×",
                f"{middles[VERDICTS].cpu_s / middle.cpu_s:.2f}×",
            ]
        )
    table(rows)


def main():
    if sys.argv[1:2] == ["--query"]:
        return query(*sys.argv[2:])
    if sys.argv[1:2] == ["--check"]:
        return check(sys.argv[2:])
    parser = argparse.ArgumentParser()
    parser.add_argument("--ricochet", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    return compare(parser.parse_args())


if __name__ == "__main__":
    main()
