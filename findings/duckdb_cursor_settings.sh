#!/bin/sh
# A setting that was made on a connection of duckdb 2.0.1 does not reach its cursors, which its documentation calls duplicates of
# the connection. So `set parquet_metadata_cache = true` does nothing for statements that take a cursor each (as threads must):
# every one parses the footers of all its files anew. `set global` reaches them.
# Exits non-zero where a newer version behaves otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" --disable-pip-version-check --quiet install duckdb==2.0.1
"$folder/env/bin/python" - <<'PYTHON'
import sys

import duckdb

ASK = "select current_setting('parquet_metadata_cache')"
connection = duckdb.connect()


def answers() -> tuple[bool, bool]:
    return connection.execute(ASK).fetchone()[0], connection.cursor().execute(ASK).fetchone()[0]


connection.execute("set parquet_metadata_cache = true")
alone = answers()
connection.execute("set global parquet_metadata_cache = true")
for_all = answers()
print("connection and cursor:", alone, "after `set`,", for_all, "after `set global`")
sys.exit(not (alone == (True, False) and for_all == (True, True)))
PYTHON
