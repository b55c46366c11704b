"""Writes sign_vectors.txt: signatures of advanced keys, computed without Go: key, nonce, time in ms and Authorization a line.

python3 sign_vectors.py > sign_vectors.txt
"""
import hashlib

CASES = [
    ("k", "A" * 64, 0),
    ("0123456789abcdefABCDEF", "aZ09" * 16, 1732442442000),
    ("Xy" * 64, "0123456789" * 6 + "abcd", 1795514442123),
    ("!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "Q" * 63 + "7", 999),
    ("9" * 128, "nonceNONCE42" * 5 + "wxyz", 253402300799999),
]

for key, nonce, ms in CASES:
    print(key, nonce, ms, hashlib.sha256(f"{key}{nonce}{ms}".encode()).hexdigest())
