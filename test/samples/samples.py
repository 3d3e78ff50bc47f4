"""PyTorch's own sample inputs (torch.testing, op_db), with its outputs and gradients in float64, as JSON for samples.ts.

    python3 test/samples/samples.py NAME [--most 48] [--variant V]     NAME as in op_db: nn.functional.batch_norm
        writes test/samples/NAME.json or NAME-V.json, at most so many cases, evenly taken from all

With --decimals 3 inputs are rounded to so many before the call, and what comes out to 13 digits: half as large a file.

Needs PyTorch only (Debian: apt-get install python3-torch). Every case has the arguments as PyTorch's function takes them, its
output, a dL/doutput drawn from seed 0, and what backward gives for each argument (null where it has no gradient).
"""

import argparse
import json
import pathlib
import sys
import types
import unittest

import torch

# torch.testing imports expecttest, which Debian does not have, for a TestCase that nothing here uses.
stub = types.ModuleType("expecttest")
stub.TestCase, stub.ACCEPT = unittest.TestCase, False
sys.modules.setdefault("expecttest", stub)

from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402


def encode(value):
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        numbers = value.detach().reshape(-1).tolist()
        return {"shape": list(value.shape), "dtype": dtype, "data": [finite(each) for each in numbers]}
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, dict):
        return {key: encode(each) for key, each in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return finite(value)
    return {"unknown": str(value)}


def finite(number):
    """JSON has no NaN and no infinity."""
    if not isinstance(number, float):
        return number
    if number - number != 0:
        return str(number)
    return float(f"{number:.13g}") if rounding else number


rounding = False


def round_numbers(samples, decimals):
    global rounding
    rounding = True
    for sample in samples:
        for each in leaves([sample.input, *sample.args, *sample.kwargs.values()]):
            if each.dtype == torch.float64:
                each.data.copy_(torch.round(each.data, decimals=decimals))


def leaves(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from leaves(each)


def gradients(value):
    if isinstance(value, torch.Tensor):
        return encode(value.grad) if value.grad is not None else None
    if isinstance(value, (list, tuple)):
        return [gradients(each) for each in value]
    return None


def case(op, sample, number):
    arguments = [sample.input, *sample.args]
    inputs = [*leaves(arguments), *leaves(list(sample.kwargs.values()))]
    # Running statistics are overwritten by the call: what went in is noted before.
    before = {"args": encode(arguments), "kwargs": encode(sample.kwargs)}
    output = op(sample.input, *sample.args, **sample.kwargs)
    first = output[0] if isinstance(output, (list, tuple)) else output
    for each in inputs:
        each.grad = None
    generator = torch.Generator().manual_seed(number)
    upstream = None
    if first.requires_grad and first.dtype == torch.float64:
        upstream = torch.randn(first.shape, generator=generator, dtype=torch.float64)
        first.backward(upstream)
    return {
        "number": number,
        **before,
        "output": encode(output),
        "dOutput": encode(upstream),
        "gradients": gradients(arguments),
        "keywordGradients": {key: gradients(value) for key, value in sample.kwargs.items()},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--variant", default="")
    parser.add_argument("--decimals", type=int)
    parser.add_argument("--most", type=int, default=48)
    options = parser.parse_args()
    op = next(each for each in op_db if each.name == options.name and each.variant_test_name == options.variant)
    torch.manual_seed(0)
    samples = list(op.sample_inputs("cpu", torch.float64, requires_grad=True))
    step = max(1.0, len(samples) / options.most)
    if options.decimals is not None:
        round_numbers(samples, options.decimals)
    chosen = [int(i * step) for i in range(min(options.most, len(samples)))]
    content = {
        "origin": f"PyTorch {torch.__version__}, torch.testing op_db, {options.name}, float64, seed 0",
        "op": options.name,
        "samples": len(samples),
        "cases": [case(op, samples[i], i) for i in chosen],
    }
    variant = f"-{options.variant}" if options.variant else ""
    path = pathlib.Path(__file__).parent / f"{options.name}{variant}.json"
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    print(f"{path.name}: {len(chosen)} of {len(samples)} samples, {path.stat().st_size} bytes")


main()
