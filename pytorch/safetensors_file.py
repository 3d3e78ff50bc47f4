"""Reads and writes .safetensors files with nothing but PyTorch: Debian has no package of the format's own library."""

import json
import struct

import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def save_file(tensors, path, metadata=None):
    header, blocks, end = {"__metadata__": metadata or {"format": "pt"}}, [], 0
    # As the format's own library has them: wide numbers first, then by name.
    for name in sorted(tensors, key=lambda name: (-tensors[name].element_size(), name)):
        tensor = tensors[name].detach().contiguous()
        dtype = next(key for key, value in DTYPES.items() if value == tensor.dtype)
        block = tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.dim() else bytes(
            tensor.reshape(1).view(torch.uint8).numpy())
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def load_file(path):
    with open(path, "rb") as file:
        return decode(file.read())


def decode(content):
    """The tensors of a whole file's bytes."""
    (length,) = struct.unpack("<Q", content[:8])
    header, numbers = json.loads(content[8 : 8 + length]), bytearray(content[8 + length :])
    assert header.pop("__metadata__", {}).get("format") == "pt"
    tensors = {}
    for name, entry in header.items():
        (begin, end), dtype = entry["data_offsets"], DTYPES[entry["dtype"]]
        data = torch.frombuffer(numbers[begin:end], dtype=dtype).clone() if end > begin else torch.empty(0, dtype=dtype)
        tensors[name] = data.reshape(entry["shape"])
    return tensors
