"""Reads single samples of WebDataset shards by their offsets: python read_by_index.py FOLDER UID...

Needs: pip install pyarrow
The index beside each tar says where a sample lies, so that one picture costs one ranged read, local or over HTTP.
Prints one JSON object a uid found: uid, shard, caption, and sha256 of the picture's bytes.
"""

import hashlib
import json
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def find(folder: Path, uids: list[str]):
    columns = ["uid", "caption", "tar_image_offset", "tar_image_length"]
    for shard in json.loads((folder / "manifest.json").read_text())["shards"]:
        index = pq.read_table(folder / shard["index"]["path"], columns=columns, filters=pc.field("uid").isin(uids))
        with open(folder / shard["path"], "rb") as tar:
            for row in index.to_pylist():
                tar.seek(row["tar_image_offset"])
                yield shard["path"], row, tar.read(row["tar_image_length"])


if __name__ == "__main__":
    for shard, row, image in find(Path(sys.argv[1]), sys.argv[2:]):
        digest = hashlib.sha256(image).hexdigest()
        print(json.dumps({"uid": row["uid"], "shard": shard, "caption": row["caption"], "image": digest}))
