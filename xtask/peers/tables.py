"""tables.py JOB PEER FILE: reads or prepares a large file as a user of the peer would, and prints the result.

Jobs: csv and parquet (the whole file into a table), prepare (impute means, standardise 16 numeric columns, one-hot
3 columns of texts, into one matrix of 32-bit numbers). All that is imported counts.
"""

import json
import sys

TEXTS = ["s0", "s1", "s2"]
NUMBERS = [f"f{index}" for index in range(12)] + [f"i{index}" for index in range(4)]


def csv_pandas(file):
    # Without `usecols`, which would turn the parallel reader off.
    import pandas
    table = pandas.read_csv(file)
    return len(table), table["f0"].sum()


def csv_pandas_pyarrow(file):
    import pandas
    table = pandas.read_csv(file, engine="pyarrow")
    return len(table), table["f0"].sum()


def csv_polars(file):
    import polars
    table = polars.read_csv(file)
    return table.height, table["f0"].sum()


def csv_polars_scan(file):
    import polars
    table = polars.scan_csv(file).collect(engine="streaming")
    return table.height, table["f0"].sum()


def csv_pyarrow(file):
    # Blank texts are empty texts, not null.
    import pyarrow.compute
    import pyarrow.csv
    table = pyarrow.csv.read_csv(file)
    return table.num_rows, pyarrow.compute.sum(table["f0"]).as_py()


def csv_pyarrow_nulls(file):
    import pyarrow.compute
    import pyarrow.csv
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
    table = pyarrow.csv.read_csv(file, convert_options=options)
    return table.num_rows, pyarrow.compute.sum(table["f0"]).as_py()


def csv_duckdb(file):
    import duckdb
    connection = duckdb.connect()
    connection.execute(f"create table t as select * from read_csv('{file}')")
    return connection.execute("select count(*), sum(f0) from t").fetchone()


def parquet_pandas(file):
    import pandas
    table = pandas.read_parquet(file)
    return len(table), table["f0"].sum()


def parquet_polars(file):
    import polars
    table = polars.read_parquet(file)
    return table.height, table["f0"].sum()


def parquet_pyarrow(file):
    import pyarrow.compute
    import pyarrow.parquet
    table = pyarrow.parquet.read_table(file)
    return table.num_rows, pyarrow.compute.sum(table["f0"]).as_py()


def parquet_duckdb(file):
    import duckdb
    connection = duckdb.connect()
    connection.execute(f"create table t as select * from read_parquet('{file}')")
    return connection.execute("select count(*), sum(f0) from t").fetchone()


def prepare_pandas(file):
    import numpy
    import pandas
    table = pandas.read_csv(file)
    numbers = table[NUMBERS]
    numbers = numbers.fillna(numbers.mean())
    numbers = (numbers - numbers.mean()) / numbers.std(ddof=0)
    texts = pandas.get_dummies(table[TEXTS].fillna("missing"), dtype=numpy.float32)
    return numpy.concatenate([numbers.to_numpy(numpy.float32), texts.to_numpy(numpy.float32)], 1)


def prepare_pandas_sklearn(file):
    import numpy
    import pandas
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    table = pandas.read_csv(file)
    table[TEXTS] = table[TEXTS].fillna("missing")
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = OneHotEncoder(sparse_output=False, dtype=numpy.float32)
    return ColumnTransformer([("n", numbers, NUMBERS), ("t", texts, TEXTS)]).fit_transform(table).astype(numpy.float32)


def prepare_polars_lazy(file):
    import polars
    return prepare_polars(polars.scan_csv(file).select(NUMBERS + TEXTS))


def prepare_polars_eager(file):
    import polars
    return prepare_polars(polars.read_csv(file, columns=NUMBERS + TEXTS).lazy())


def prepare_polars(frame):
    import polars
    numbers = []
    for name in NUMBERS:
        column, mean = polars.col(name), polars.col(name).mean()
        filled = column.fill_null(mean)
        numbers.append(((filled - mean) / filled.std(ddof=0)).cast(polars.Float32))
    texts = [polars.col(name).fill_null("missing") for name in TEXTS]
    table = frame.with_columns(numbers + texts).collect().to_dummies(TEXTS)
    return table.select(polars.all().cast(polars.Float32)).to_numpy(order="c")


def prepare_duckdb(file):
    import duckdb
    import numpy
    connection = duckdb.connect()
    connection.execute(f"create table t as select * from read_csv('{file}')")
    moments = ",".join(f"avg({name}), sqrt(var_pop({name}) * count({name}) / count(*))" for name in NUMBERS)
    moments = connection.execute(f"select {moments} from t").fetchone()
    chosen = [f"((coalesce({name}, {mean!r}) - ({mean!r})) / {deviation!r})::float {name}"
              for name, mean, deviation in zip(NUMBERS, moments[::2], moments[1::2])]
    for name in TEXTS:
        values = connection.execute(f"select distinct coalesce({name}, 'missing') v from t order by v").fetchall()
        chosen += [f"(coalesce({name}, 'missing') = '{value}')::int::float \"{name}_{value}\"" for value, in values]
    columns = connection.execute(f"select {','.join(chosen)} from t").fetchnumpy()
    return numpy.stack([numpy.asarray(column) for column in columns.values()], axis=1)


job, peer, file = sys.argv[1:]
result = globals()[f"{job}_{peer.replace('-', '_')}"](file)
if job == "prepare":
    first = result[:, 0].astype("float64")
    print(json.dumps({
        "shape": list(result.shape),
        "mean": round(float(result[:100_000].mean(dtype="float64")), 6),
        "std0": round(float(first.std()), 5),
        "ones": round(float(result[:, 16:].sum(dtype="float64")), 1),
    }))
else:
    rows, total = result
    print(json.dumps({"rows": int(rows), "sum_f0": round(float(total), 3)}))
