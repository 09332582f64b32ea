"""relation.py JOB PEER FOLDER: groups or joins large tables as a user of the peer would, and prints the result.

Jobs: group (5 million rows by a text of 1,000 levels, by a whole number with 100,000, by a sparse one with as many;
count, and mean and sum of two columns) and join (5 million rows with 100,000, inner and left, and with as many rows again).
`polars-ordered` keeps the order of the rows, as ours does. The printed seconds exclude reading.
"""

import sys
import time

GROUP = {"rows": ["text", "whole", "sparse", "x", "y"]}
JOIN = {"rows": ["whole", "order", "x"], "lookup": ["whole", "rate"], "other": ["order", "z"]}


class Polars:
    def __init__(self, folder, ordered=False):
        import polars
        self.polars, self.folder, self.ordered = polars, folder, ordered

    def read(self, name, columns):
        return self.polars.read_parquet(f"{self.folder}/{name}.parquet", columns=columns)

    def group(self, table, key):
        col = self.polars.col
        return table.group_by(key, maintain_order=self.ordered).agg(
            self.polars.len().alias("n"), col("x").mean().alias("x mean"), col("x").sum().alias("x sum"),
            col("y").mean().alias("y mean"), col("y").sum().alias("y sum"))

    def join(self, left, right, key, how):
        return left.join(right, on=key, how=how, maintain_order="left_right" if self.ordered else None)


class Pandas:
    def __init__(self, folder):
        import pandas
        self.pandas, self.folder = pandas, folder

    def read(self, name, columns):
        return self.pandas.read_parquet(f"{self.folder}/{name}.parquet", columns=columns)

    def group(self, table, key):
        measures = {"n": ("x", "size"), "x mean": ("x", "mean"), "x sum": ("x", "sum"), "y mean": ("y", "mean"),
                    "y sum": ("y", "sum")}
        return table.groupby(key, sort=False).agg(**measures)

    def join(self, left, right, key, how):
        return left.merge(right, on=key, how=how)


class Duckdb:
    """Tables of its own, so that reading is not counted twice."""

    def __init__(self, folder):
        import duckdb
        self.connection, self.folder = duckdb.connect(), folder

    def read(self, name, columns):
        chosen = ", ".join(f'"{column}"' for column in columns)
        self.connection.execute(f"create table {name} as select {chosen} from read_parquet('{self.folder}/{name}.parquet')")
        return name

    def made(self, query):
        self.connection.execute(f"create or replace temp table made as {query}")
        return self

    def group(self, table, key):
        return self.made(f'select {key}, count(*) n, avg(x) "x mean", sum(x) "x sum", avg(y) "y mean", sum(y) "y sum" '
                         f"from {table} group by {key}")

    def join(self, left, right, key, how):
        return self.made(f'select * from {left} {how} join {right} using ("{key}")')

    def __len__(self):
        return self.connection.execute("select count(*) from made").fetchone()[0]

    def __getitem__(self, column):
        class Column:
            def sum(_):
                return self.connection.execute(f'select sum("{column}") from made').fetchone()[0]
        return Column()


def timed(name, column, work):
    start = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - start
    return f"{name} {len(made)} rows, sum {made[column].sum():.3f}, {seconds:.3f} s"


def group(peer):
    rows = peer.read("rows", GROUP["rows"])
    return [timed(key, "y mean", lambda: peer.group(rows, key)) for key in ("text", "whole", "sparse")]


def join(peer):
    rows, lookup, other = (peer.read(name, columns) for name, columns in JOIN.items())
    return [
        timed("lookup", "rate", lambda: peer.join(rows, lookup, "whole", "inner")),
        timed("left", "rate", lambda: peer.join(rows, lookup, "whole", "left")),
        timed("large", "z", lambda: peer.join(rows, other, "order", "inner")),
    ]


PEERS = {"polars": Polars, "polars-ordered": lambda folder: Polars(folder, ordered=True),
         "pandas": Pandas, "duckdb": Duckdb}
job, peer, folder = sys.argv[1:]
print(", ".join({"group": group, "join": join}[job](PEERS[peer](folder))))
