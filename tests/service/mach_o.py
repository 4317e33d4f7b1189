"""Libraries and run paths go in; a Mach-O file that asks for them comes out. Left out: everything a processor runs."""

import struct

LOAD, WEAK, RPATH = 0xC, 0x80000018, 0x8000001C


def thin(libraries=(), rpaths=(), command=LOAD):
    """One 64-bit architecture, arm64, by mach-o/loader.h; with a segment before the libraries, as real ones have."""
    segment = struct.pack("<II64s", 0x19, 72, b"__TEXT")
    commands = [segment]
    commands += [_named(command, struct.pack("<IIII", 24, 2, 0x10000, 0x10000), name) for name in libraries]
    commands += [_named(RPATH, struct.pack("<I", 12), name) for name in rpaths]
    body = b"".join(commands)
    return struct.pack("<IiiIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, len(commands), len(body), 0, 0) + body


def fat(*slices):
    """Several architectures in one file, by mach-o/fat.h: big-endian, each on a page of its own."""
    offsets = [4096 * (index + 1) for index in range(len(slices))]
    head = struct.pack(">II", 0xCAFEBABE, len(slices))
    for offset, part in zip(offsets, slices, strict=True):
        head += struct.pack(">iiIII", 0x0100000C, 0, offset, len(part), 12)
    whole = bytearray(offsets[-1] + len(slices[-1]))
    whole[: len(head)] = head
    for offset, part in zip(offsets, slices, strict=True):
        whole[offset : offset + len(part)] = part
    return bytes(whole)


def _named(command, fields, name):
    text = name.encode() + b"\0"
    size = 8 + len(fields) + len(text)
    padded = size + -size % 8
    return struct.pack("<II", command, padded) + fields + text.ljust(padded - 8 - len(fields), b"\0")
