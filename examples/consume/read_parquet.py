"""Reads pairloom's Parquet shards: python read_parquet.py FOLDER

Needs: pip install pyarrow pillow
Prints one JSON object a sample: uid, text, size in px, texts of the page, and sha256 of the RGB pixels.
"""

import hashlib
import io
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
from PIL import Image


def read(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    for shard in manifest["shards"]:
        # A row group holds at most 64 MiB of pictures: batches keep memory below that.
        for batch in pq.ParquetFile(folder / shard["path"]).iter_batches(batch_size=64):
            yield from batch.to_pylist()


if __name__ == "__main__":
    for row in read(Path(sys.argv[1])):
        image = Image.open(io.BytesIO(row["image"])).convert("RGB")
        print(json.dumps({
            "uid": row["uid"],
            "text": row["caption"],
            "width": image.width,
            "height": image.height,
            "texts": [t["text"] for t in row["texts"]],
            "pixels": hashlib.sha256(image.tobytes()).hexdigest(),
        }))
