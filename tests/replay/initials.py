# SPDX-License-Identifier: BSD-3-Clause
"""Initial packets of QUIC as a client seals them: RFC 9001 section 5, RFC 9369 section 3.

Written from the RFCs; libcrypto is that of Python's own ssl module.
"""
import ctypes
import hashlib
import hmac
import struct

crypto = ctypes.CDLL("libcrypto.so.3")
for function in "EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_128_ecb":
    getattr(crypto, function).restype = ctypes.c_void_p
GET_TAG = 0x10  # EVP_CTRL_AEAD_GET_TAG

# Salts: RFC 9001 section 5.2, RFC 9369 section 3.3.1, drafts of the former, Chromium's crypto_utils.cc.
DRAFT_22 = "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a"
DRAFT_23 = "c3eef712c72ebb5a11a7d2432bb46365bef9f502"
DRAFT_29 = "afbfec289993d24c9e9786f19c6111e04390a899"
V1 = "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"
# By version: the salt, what its labels begin with, the two type bits of an Initial, its CRYPTO frame.
VERSIONS = {
    0x00000001: (V1, "quic ", 0, 6),
    0x6b3343cf: ("0dede3def700a6db819381be6e269dcbf9bd2ed9", "quicv2 ", 1, 6),
    0xff000016: (DRAFT_22, "quic ", 0, 6),
    0xff000017: (DRAFT_23, "quic ", 0, 6),
    0xff00001c: (DRAFT_23, "quic ", 0, 6),
    0xff00001d: (DRAFT_29, "quic ", 0, 6),
    0xff000020: (DRAFT_29, "quic ", 0, 6),
    0xff000021: (V1, "quic ", 0, 6),
    0xfaceb001: (DRAFT_22, "quic ", 0, 6),
    0xfaceb002: (DRAFT_23, "quic ", 0, 6),
    0x54303530: ("7ff579e5acd072915580304c43a2367c60488310", "quic ", 0, 8),
    0x54303531: ("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d", "quic ", 0, 8),
    0x51303530: ("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45", "quic ", 0, 8),
}
ID = bytes.fromhex("8394c8f03e515708")  # of RFC 9001 appendix A


def expand(secret, label, size):
    """HKDF-Expand-Label of RFC 8446 section 7.1, one block, without context."""
    label = b"tls13 " + label.encode()
    info = struct.pack("!HB", size, len(label)) + label + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:size]


def keys(version=1, ident=ID):
    """Key, IV and header protection key of the client."""
    salt, prefix, *_ = VERSIONS[version]
    secret = expand(hmac.digest(bytes.fromhex(salt), ident, "sha256"), "client in",
                    hashlib.sha256().digest_size)
    return [expand(secret, prefix + word, size) for word, size in (("key", 16), ("iv", 12), ("hp", 16))]


def encrypt(cipher, key, nonce, plain, aside=None):
    """Of GCM with its tag."""
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    out, count = ctypes.create_string_buffer(len(plain) + 16), ctypes.c_int()
    crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(cipher), None, key, nonce)
    if aside:
        crypto.EVP_EncryptUpdate(context, None, ctypes.byref(count), aside, len(aside))
    crypto.EVP_EncryptUpdate(context, out, ctypes.byref(count), plain, len(plain))
    size = len(plain)
    if aside:
        crypto.EVP_EncryptFinal_ex(context, ctypes.byref(out, size), ctypes.byref(count))
        crypto.EVP_CIPHER_CTX_ctrl(context, GET_TAG, 16, ctypes.byref(out, size))
        size += 16
    crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:size]


def number_of(value, size=2):
    """A variable-length integer: RFC 9000 section 16."""
    code = {1: 0, 2: 1, 4: 2, 8: 3}[size]
    return (value | code << 8 * size - 2).to_bytes(size, "big")


def crypto_frame(message, begin, end, version=1):
    """RFC 9000 section 19.6; Google's last versions had another number for it."""
    return bytes([VERSIONS[version][3]]) + number_of(begin) + number_of(end - begin) + message[begin:end]


def initial(frames, version=1, number=0, size=1200):
    """A packet with these frames, and PADDING up to `size` bytes."""
    head = bytes([0xc3 | VERSIONS[version][2] << 4]) + struct.pack("!IB", version, len(ID)) + ID + b"\0\0"
    frames += bytes(max(0, size - len(head) - 2 - 4 - 16 - len(frames)))
    head += number_of(4 + len(frames) + 16)
    packet_number = struct.pack("!I", number)
    key, iv, hp = keys(version)
    nonce = iv[:8] + (int.from_bytes(iv[8:], "big") ^ number).to_bytes(4, "big")
    body = encrypt(crypto.EVP_aes_128_gcm(), key, nonce, frames, head + packet_number)
    mask = encrypt(crypto.EVP_aes_128_ecb(), hp, None, body[:16])
    return (bytes([head[0] ^ mask[0] & 0x0f]) + head[1:] +
            bytes(a ^ b for a, b in zip(packet_number, mask[1:])) + body)
