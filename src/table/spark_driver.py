"""Runs SQL on Spark for pairloom: one JSON request a line on stdin, one JSON answer a line on stdout.

PYSPARK_SUBMIT_ARGS holds the arguments of spark-submit. The first answer says that the session is open; the process ends
when stdin does, and Spark with it.
"""

import glob
import json
import os
import queue
import shutil
import sys
import threading

# What Spark and Java print must not come between the answers.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def answer(**fields):
    answers.write(json.dumps(fields) + "\n")
    answers.flush()


def open_session():
    try:
        import pyspark  # noqa: F401
    except ImportError:
        # A Spark that was unpacked, not installed, has its Python side in its folder.
        home = os.path.join(os.environ.get("SPARK_HOME", ""), "python")
        sys.path[:0] = [home, *glob.glob(os.path.join(glob.escape(home), "lib", "py4j-*-src.zip"))]
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        answer(missing="pyspark", error=str(error))
        sys.exit(1)
    try:
        session = SparkSession.builder.getOrCreate()
    except Exception as error:
        answer(missing="java" if "JAVA_GATEWAY" in str(error) else None, error=str(error))
        sys.exit(1)
    for statement in json.loads(os.environ["PAIRLOOM_SPARK_FUNCTIONS"]):
        session.sql(statement)
    return session


def stored(kind):
    """The type that Parquet can hold: NULL alone has none."""
    from pyspark.sql import types as t

    if isinstance(kind, t.NullType):
        return t.StringType()
    if isinstance(kind, t.ArrayType):
        return t.ArrayType(stored(kind.elementType), kind.containsNull)
    if isinstance(kind, t.StructType):
        return t.StructType([t.StructField(f.name, stored(f.dataType), f.nullable) for f in kind.fields])
    return kind


def view(session, name, files):
    # Listing files one by one keeps folders called `a=1` from becoming columns.
    reader = session.read.option("mergeSchema", True).option("recursiveFileLookup", True)
    reader.parquet(*files).createOrReplaceTempView(f"`{name}`")


def query(session, statement, into):
    from pyspark.sql.functions import col

    rows = session.sql(statement)
    if len(set(rows.columns)) == len(rows.columns):
        rows = rows.select(
            *[col("`" + f.name.replace("`", "``") + "`").cast(stored(f.dataType)).alias(f.name) for f in rows.schema]
        )
    rows.write.parquet(into)


def read_requests(requests):
    for line in sys.stdin:
        requests.put(line)
    # Nobody waits for an answer any more, whatever Spark is doing.
    shutil.rmtree(os.environ["PAIRLOOM_SPARK_FOLDER"], ignore_errors=True)
    os._exit(0)


def main():
    requests = queue.Queue()
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    session = open_session()
    answer(ready=session.version)
    while True:
        request = json.loads(requests.get())
        try:
            if request["do"] == "view":
                view(session, request["name"], request["files"])
            else:
                query(session, request["statement"], request["into"])
            answer(id=request["id"])
        except Exception as error:
            answer(id=request["id"], error=str(error))


main()
