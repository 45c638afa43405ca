"""Computes the expected values of hash.test.ts anew, from the definitions: python3 test/core/goldens.py"""

import hashlib
import json
import unicodedata


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sfc32(seed: str, key: str = ""):
    """PractRand's sfc32 with the first 12 bytes of sha256(seed, 0x00, key) as its state and 1 as its counter."""
    digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
    a, b, c = (int.from_bytes(digest[i : i + 4], "little") for i in (0, 4, 8))
    mask, counter = 0xFFFFFFFF, 1
    while True:
        t = (a + b + counter) & mask
        counter = (counter + 1) & mask
        a = b ^ (b >> 9)
        b = (c + (c << 3)) & mask
        c = ((c << 21) | (c >> 11)) & mask
        c = (c + t) & mask
        yield t


url = "https://example.org/a%20b.jpg?x=1"
text = "Cafe\u0301 🐈"
print("hash128", sha256("ü".encode())[:32])
print("image_id", sha256(url.encode())[:32])
print("uid", sha256(url.encode() + b"\0" + unicodedata.normalize("NFC", text).encode())[:32])
print("uid, no text", sha256(url.encode() + b"\0")[:32])
for seed, key in [("0", "a"), ("7", "ü"), ("0", "")]:
    digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
    print("hashFraction", seed, key, repr(int.from_bytes(digest[:6], "big") / 2**48))
for key, buckets in [("example.org", 16), ("a", 7), ("", 1000)]:
    print("hashBucket", key, buckets, int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % buckets)
for seed, key in [("0", ""), ("42", "shuffle")]:
    numbers = sfc32(seed, key)
    print("numbers", seed, key, [next(numbers) for _ in range(5)])
    numbers, items = sfc32(seed, key), list(range(10))
    for i in range(9, 0, -1):
        j = int(next(numbers) / 2**32 * (i + 1))
        items[i], items[j] = items[j], items[i]
    print("shuffle", seed, key, items)
value = {"b": [1, {"z": None, "a": "é"}], "a": True}
canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print("canonicalJson", canonical, sha256(canonical.encode()))
