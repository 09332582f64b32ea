"""messy.py TOOL: reads the file of each line of standard input by the tool's default call, and reports the outcome.

An answer is a line of JSON: `kind` (read, refused, panicked), `shape` or `message`, and `peak`, the peak
memory of the process in bytes. The caller ends the process on a timeout.
"""

import json
import re
import sys


def pandas_reader():
    import pandas
    return lambda path, form: getattr(pandas, f"read_{form}")(path).shape


def polars_reader():
    import polars

    def read(path, form):
        # Names of files may hold the characters of patterns.
        plain = {} if form == "json" else {"glob": False}
        return getattr(polars, f"read_{form}")(path, **plain).shape

    return read


def duckdb_reader():
    import duckdb

    def read(path, form):
        path = re.sub(r"([\[\]*?])", r"[\1]", path).replace("'", "''")
        connection = duckdb.connect()
        connection.execute(f"create table t as from read_{form}('{path}')")
        rows = connection.execute("select count(*) from t").fetchone()[0]
        return rows, len(connection.execute("describe t").fetchall())

    return read


def pyarrow_reader():
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
    readers = {
        "csv": pyarrow.csv.read_csv,
        "json": pyarrow.json.read_json,
        "parquet": lambda path: pyarrow.parquet.ParquetFile(path).read(),
    }
    return lambda path, form: readers[form](path).shape


READERS = {"pandas": pandas_reader, "polars": polars_reader, "duckdb": duckdb_reader, "pyarrow": pyarrow_reader}


def form(path):
    """The format of a file, by its name; what says nothing is CSV."""
    name = path.rsplit("/", 1)[-1]
    return "parquet" if ".parquet" in name and not name.endswith(".json") else "json" if ".json" in name else "csv"


def peak():
    """The most memory since the last `forget_peak`, in bytes."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def forget_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def attempt(read, path):
    try:
        rows, columns = read(path, form(path))
        return {"kind": "read", "shape": [rows, columns]}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = type(error).__name__
        # Panics of Rust arrive as an exception of this name.
        kind = "panicked" if name == "PanicException" else "refused"
        return {"kind": kind, "message": f"{name}: {error}"[:300]}


if __name__ == "__main__":
    read = READERS[sys.argv[1]]()
    print("ready", flush=True)
    for line in sys.stdin:
        forget_peak()
        answer = attempt(read, json.loads(line))
        print(json.dumps(answer | {"peak": peak()}), flush=True)
