"""Computes test/media/files/hashes.json anew: PDQ by PyPI pdqhash 0.2.8, pHash by PyPI ImageHash 4.3.2, Pillow 12.0 (13 resizes tall pictures columns first).

Run in this folder: python hashes.py. The pictures are those of test/media/hashes.test.ts: integers alone, so that both
languages draw the same.
"""

import json

import imagehash
import numpy as np
import pdqhash
from PIL import Image

SIZES = [(5, 5), (4, 90), (17, 300), (64, 64), (63, 65), (100, 128), (256, 256), (257, 129), (640, 480), (1000, 37), (1300, 900)]
MASK = 0xFFFFFFFF


def draw(kind: int, width: int, height: int) -> np.ndarray:
    """[height, width, 3]: waves, blocks of noise, or a slope with noise on it."""
    rgb = np.zeros((height, width, 3), dtype=np.uint8)
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    for c in range(3):
        if kind == 0:
            rgb[:, :, c] = ((x * (7 + c) // 5) ^ (y * (11 - c) // 3)) & 255
        elif kind == 1:
            block = ((x // 13) * 73856093) ^ ((y // 9) * 19349663) ^ (c * 83492791)
            rgb[:, :, c] = (((block * 2654435761) & MASK) >> 24) & 255
        else:
            noise = ((((x * 1103515245 + y * 12345 + c * 777) & MASK) * 1664525 + 1013904223) & MASK) >> 28
            rgb[:, :, c] = (x * 120 // width + y * 100 // height + noise) & 255
    return rgb


cases = []
for width, height in SIZES:
    for kind in range(3):
        rgb = draw(kind, width, height)
        if min(width, height) < 5:
            vector, quality = np.zeros(256, dtype=int), 0
        else:
            vector, quality = pdqhash.compute(rgb)
        bits = "".join(str(int(b)) for b in vector)
        cases.append(
            {
                "kind": kind,
                "width": width,
                "height": height,
                "pdq": f"{int(bits, 2):064x}",
                "quality": int(quality),
                "phash": str(imagehash.phash(Image.fromarray(rgb))),
            }
        )
with open("hashes.json", "w") as out:
    out.write("[\n" + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]\n")
