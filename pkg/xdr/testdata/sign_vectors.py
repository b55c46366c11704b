"""Writes sign_vectors.json: signatures of advanced keys, computed without Go.

python3 sign_vectors.py > sign_vectors.json
"""
import hashlib
import json

CASES = [
    ("k", "A" * 64, 0),
    ("0123456789abcdefABCDEF", "aZ09" * 16, 1732442442000),
    ("Xy" * 64, "0123456789" * 6 + "abcd", 1795514442123),
    ("!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "Q" * 63 + "7", 999),
    ("9" * 128, "nonceNONCE42" * 5 + "wxyz", 253402300799999),
]

print(json.dumps([
    {
        "key": key,
        "nonce": nonce,
        "timestamp_ms": ms,
        "authorization": hashlib.sha256(f"{key}{nonce}{ms}".encode()).hexdigest(),
    }
    for key, nonce, ms in CASES
], indent=2))
