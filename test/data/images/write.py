"""PNG and JPEG files and their pixels by PIL, for test/data/images.test.ts: /usr/bin/python3 test/data/images/write.py"""
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image

random = np.random.default_rng(5)
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, depth):
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = "".join(format(v, f"0{depth}b") for v in row.ravel())
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def filtered(line, above, kind, width):
    out = bytearray()
    for i, byte in enumerate(line):
        a = line[i - width] if i >= width else 0
        b = above[i]
        c = above[i - width] if i >= width else 0
        p = a + b - c
        paeth = min([a, b, c], key=lambda n: abs(p - n))
        out.append((byte - [0, a, b, (a + b) // 2, paeth][kind]) % 256)
    return bytes([kind]) + bytes(out)


def png(colour, depth, interlace, height=9, width=11):
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    image = random.integers(0, 2**depth, (height, width, samples))
    lines = b""
    for x, y, dx, dy in ADAM7 if interlace else [(0, 0, 1, 1)]:
        part = image[y::dy, x::dx]
        if part.size == 0:
            continue
        above = bytes(len(packed(part[0], depth)))
        for n, row in enumerate(part):
            line = packed(row, depth)
            lines += filtered(line, above, n % 5, max(1, samples * depth // 8))
            above = line
    palette = chunk(b"PLTE", random.integers(0, 256, (2**depth, 3), "u1").tobytes()) if colour == 3 else b""
    half = len(lines) // 2
    stream = zlib.compress(lines)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = chunk(b"IHDR", head) + palette + chunk(b"tEXt", b"a\0b")
    body += chunk(b"IDAT", stream[:half]) + chunk(b"IDAT", stream[half:]) + chunk(b"IEND", b"")
    file = b"\x89PNG\r\n\x1a\n" + body
    opened = Image.open(io.BytesIO(file))
    opened.load()
    if opened.mode.startswith("I"):  # convert("RGB") would clip what 16 bits hold
        grey = (np.asarray(opened).astype(int) >> 8).astype("u1")
        return file, np.stack([grey] * 3, -1)
    return file, np.asarray(opened.convert("RGB"))


def case(name, file, pixels):
    return {
        "name": name,
        "file": base64.b64encode(file).decode(),
        "shape": list(pixels.shape[:2]),
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
    }


pngs = []
for colour, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
    for depth in depths:
        for interlace in [0, 1]:
            pngs.append(case(f"colour {colour}, {depth} bits, interlace {interlace}", *png(colour, depth, interlace)))
pngs.append(case("1 x 1, interlaced", *png(2, 8, 1, 1, 1)))

y, x = np.mgrid[0:24, 0:32] / 24
smooth = np.stack([255 * x / x.max(), 255 * y, 128 + 100 * np.sin(4 * x + 3 * y)], -1).astype("u1")
jpegs = []
for name, mode, options in [
    ("4:4:4", "RGB", {"subsampling": 0}),
    ("4:2:0", "RGB", {"subsampling": 2}),
    ("progressive", "RGB", {"progressive": True}),
    ("grey", "L", {}),
    ("restart markers", "RGB", {"restart_marker_rows": 1}),
]:
    file = io.BytesIO()
    Image.fromarray(smooth).convert(mode).save(file, "JPEG", quality=95, **options)
    jpegs.append(case(name, file.getvalue(), np.asarray(Image.open(file).convert("RGB"))))

sizes = []
noise = random.integers(0, 256, (13, 17, 3), "u1")
for height, width in [(5, 6), (26, 34), (13, 5), (20, 17), (1, 1), (12, 18)]:
    resized = np.asarray(Image.fromarray(noise).resize((width, height), Image.BILINEAR))
    sizes.append({"shape": [height, width], "pixels": base64.b64encode(resized.tobytes()).decode()})

result = {
    "origin": f"test/data/images/write.py, PIL {PIL.__version__}",
    "png": pngs,
    "jpeg": jpegs,
    "resize": {"shape": [13, 17], "pixels": base64.b64encode(noise.tobytes()).decode(), "to": sizes},
}
pathlib.Path(__file__).with_name("files.json").write_text(json.dumps(result, indent=1) + "\n")
