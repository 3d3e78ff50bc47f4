"""Files of NumPy and what is in them, for test/data/npy.test.ts: /usr/bin/python3 test/data/numpy/write.py"""
import base64
import io
import json
import pathlib

import numpy as np


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return base64.b64encode(file.getvalue()).decode()


def savedz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return base64.b64encode(file.getvalue()).decode()


base = np.arange(24) * 5 % 97
arrays = {}
for dtype in ["|u1", "|i1", "<u2", "<i2", ">i2", "<u4", "<i4", "<u8", "<i8", ">i8", "<f4", ">f4", "<f8", ">f8"]:
    arrays[dtype] = base.reshape(2, 3, 4).astype(dtype)
arrays["bool"] = base.reshape(4, 6) % 2 == 0
arrays["fortran 3 axes"] = np.asfortranarray(base.reshape(2, 3, 4).astype("<f4"))
arrays["fortran 2 axes"] = np.asfortranarray(base.reshape(6, 4).astype("<i8"))
arrays["one axis"] = base.astype("<f8") / 7
arrays["no axis"] = np.array(3.5)
arrays["empty"] = np.zeros((0, 3), "<f4")
refused = {
    "text": np.array(["cat", "dog"]),
    "complex": np.zeros(2, "<c8"),
    "float16": np.zeros(2, "<f2"),
    "fields": np.zeros(2, [("a", "<f4")]),
}
x, y = base.reshape(6, 4).astype("<f4"), (np.arange(6) % 3).astype("<i8")
result = {
    "origin": f"test/data/numpy/write.py, NumPy {np.__version__}",
    "npy": [
        {"name": name, "file": saved(a), "shape": list(a.shape), "values": np.asarray(a, "f8").ravel().tolist()}
        for name, a in arrays.items()
    ],
    "refused": [{"name": name, "file": saved(a)} for name, a in refused.items()],
    "npz": {"savez": savedz(np.savez, x=x, y=y), "savez_compressed": savedz(np.savez_compressed, x=x, y=y)},
}
pathlib.Path(__file__).with_name("files.json").write_text(json.dumps(result, indent=1) + "\n")
