"""Reads pairloom's WebDataset shards: python read_webdataset.py FOLDER

Needs: pip install webdataset pillow
Prints one JSON object a sample: uid, text, size in px, texts of the page, and sha256 of the RGB pixels.
"""

import hashlib
import json
import sys
from pathlib import Path

import webdataset as wds


def read(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    shards = [str(folder / shard["path"]) for shard in manifest["shards"]]
    # For training: shardshuffle=len(shards), then .shuffle(1000). Here in the order of the files.
    dataset = wds.WebDataset(shards, shardshuffle=False).decode("pilrgb")
    yield from dataset.to_tuple("__key__", "jpg;png;webp", "txt", "json")


if __name__ == "__main__":
    for key, image, text, sample in read(Path(sys.argv[1])):
        print(json.dumps({
            "uid": key,
            "text": text,
            "width": image.width,
            "height": image.height,
            "texts": [t["text"] for t in sample["texts"]],
            "pixels": hashlib.sha256(image.tobytes()).hexdigest(),
        }))
