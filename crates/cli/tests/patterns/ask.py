"""Asks a query of a data set: python3 ask.py DATA.csv QUERY.sql

Writes what it answers to standard output as CSV, in order. The query reads the table `data`.
"""

import csv
import pathlib
import sys

import duckdb

data, query = sys.argv[1:]
database = duckdb.connect()
columns = dict.fromkeys(["event_id", "customer_id", "channel", "direction"], "varchar")
columns |= {"reason": "varchar", "outcome": "varchar"}
columns |= {"ts": "timestamp", "end_ts": "timestamp"}
database.execute(
    "create table data as from read_csv(?, header = true, types = ?)", [data, columns]
)
answer = database.sql(pathlib.Path(query).read_text(encoding="utf-8"))
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(answer.columns)
writer.writerows(sorted(answer.fetchall()))
