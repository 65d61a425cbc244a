"""Asks the questions of this folder: python3 ask.py FOLDER [QUESTION...] [--check]

FOLDER holds the Parquet files that `ricochet replay` has written. With --check it prints nothing of the
answers; it fails if a question has none, or if figures contradict the tables they are counted in.
Needs DuckDB for Python (`pip install duckdb`).
"""

import pathlib
import sys

import duckdb

HERE = pathlib.Path(__file__).parent
CHECKS = HERE / "checks.sql"


def open_tables(folder):
    """A database in memory with a view for each table."""
    database = duckdb.connect()
    for file in sorted(pathlib.Path(folder).glob("*.parquet")):
        name = str(file).replace("'", "''")
        database.execute(f"create view {file.stem} as from read_parquet('{name}')")
    return database


def question_of(text):
    """The comment at the head of a file."""
    lines = text.splitlines()
    head = [line[3:] for line in lines if line.startswith("-- ")]
    return " ".join(head)


def main(arguments):
    checks = "--check" in arguments
    folder, *names = [one for one in arguments if one != "--check"]
    database = open_tables(folder)
    files = [HERE / f"{name}.sql" for name in names]
    files = files or sorted(file for file in HERE.glob("*.sql") if file != CHECKS)
    wrong = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        if checks:
            # As text: times with a zone would need one more package.
            query = text.strip().removesuffix(";")
            answer = database.sql(f"select cast(columns(*) as varchar) from (\n{query}\n)")
            rows = answer.fetchall()
            is_empty = not any(value is not None for row in rows for value in row)
            if is_empty:
                wrong.append(f"{file.stem}: no answer")
        else:
            print(f"{file.stem}: {question_of(text)}")
            database.sql(text).show(max_width=160)
    if checks:
        for row in database.sql(CHECKS.read_text(encoding="utf-8")).fetchall():
            wrong.append(f"figures contradict the tables: {row}")
        print(f"{len(files)} questions asked")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    sys.exit(main(sys.argv[1:]))
