"""What normgrad's probes of these names measure of a network between two steps (src/train/probes). The network is as before then."""

import contextlib
import math

import torch

from training import OF_NORMS, OWN_FILES, loss_of

STEPS = [0.5, 1, 1.5, 2, 3, 4]


def landscape(config, network, images, targets, lr):
    """The loss and the gradient along the gradient, at so many learning rates (Santurkar et al. 2018, figure 4)."""
    parameters = list(network.parameters())

    def loss_and_gradient():
        loss = loss_of(config, network(images), targets)
        gradient = torch.autograd.grad(loss, parameters, allow_unused=True)
        return loss.item(), [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradient)]

    length = lambda tensors: sum(float((each.double() ** 2).sum()) for each in tensors) ** 0.5
    with undisturbed(network):
        start = [parameter.detach().clone() for parameter in parameters]
        _, here = loss_and_gradient()
        losses, change = [], 0
        for factor in STEPS:
            with torch.no_grad():
                for parameter, before, gradient in zip(parameters, start, here):
                    parameter.copy_(before - factor * lr * gradient)
            loss, there = loss_and_gradient()
            losses.append(loss)
            change = max(change, length([a - b for a, b in zip(here, there)]))
        with torch.no_grad():
            for parameter, before in zip(parameters, start):
                parameter.copy_(before)
    relative = change / length(here) if length(here) > 0 else math.nan
    return {"lossRange": max(losses) - min(losses), "gradientChange": change, "relativeChange": relative}


def instance_power(config, network, images, targets, lr):
    """Of each norm, where the power of what it standardizes lies: p1 to p4 of Labatie et al. 2021, section 4."""
    powers = []

    def look(norm, inputs, _):
        with standardizing_only(norm):
            y = type(norm).forward(norm, *inputs)
        means, deviations = y.mean((2, 3)), y.var((2, 3), unbiased=False).sqrt()
        powers.append([
            (means.mean(0) ** 2).mean(), means.var(0, unbiased=False).mean(),
            (deviations.mean(0) ** 2).mean(), deviations.var(0, unbiased=False).mean(),
        ])

    norms = [each for each in network.modules() if isinstance(each, OF_NORMS) or type(each).__module__ in OWN_FILES]
    hooks = [norm.register_forward_hook(look) for norm in norms]
    with undisturbed(network), torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return {f"p{k + 1}": [float(power[k]) for power in powers] for k in range(4)}


def layer_inputs(config, network, images, targets, lr):
    """Mean and standard deviation of the channels that the last hidden convolution or dense layer is given, in training."""
    seen, layers = [], [each for each in network.modules() if isinstance(each, (torch.nn.Conv2d, torch.nn.Linear))]
    hook = layers[-2].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    with undisturbed(network), torch.no_grad():
        network(images)
    hook.remove()
    values = seen[0].transpose(0, 1).flatten(1)[:8]
    return {"mean": values.mean(1).tolist(), "std": values.std(1, unbiased=False).tolist()}


def variance_shift(config, network, images, targets, lr):
    """The running variance of each BatchNorm and that of its input in evaluation, the larger by the smaller."""
    shifts, norms = [], [each for each in network.modules() if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)]

    def look(norm, inputs):
        met = inputs[0].transpose(0, 1).flatten(1).var(1, unbiased=False) + norm.eps
        kept = norm.running_var + norm.eps
        shifts.append(torch.maximum(kept / met, met / kept).mean().item())

    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    network.eval()
    with torch.no_grad():
        network(images)
    network.train()
    for hook in hooks:
        hook.remove()
    return {"shift": shifts, "mean": sum(shifts) / len(shifts)}


@contextlib.contextmanager
def undisturbed(network):
    """Puts the running statistics back."""
    buffers = {name: value.clone() for name, value in network.named_buffers()}
    try:
        yield
    finally:
        for name, value in network.named_buffers():
            value.copy_(buffers[name])


@contextlib.contextmanager
def standardizing_only(norm):
    """gamma 1, beta 0, and no activation."""
    scales = {"weight": 1, "gamma": 1, "bias": 0, "beta": 0}
    before = {name: value.clone() for name, value in norm.named_parameters(recurse=False) if name in scales}
    active = getattr(norm, "active", None)
    try:
        for name in before:
            getattr(norm, name).data.fill_(scales[name])
        if active is not None:
            norm.active = False
        yield
    finally:
        for name, value in before.items():
            getattr(norm, name).data.copy_(value)
        if active is not None:
            norm.active = active


PROBES = {
    "landscape": landscape,
    "instancePower": instance_power,
    "layerInputs": layer_inputs,
    "varianceShift": variance_shift,
}
