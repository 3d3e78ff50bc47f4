"""Optimizer, schedule and loss of a run, from its settings."""

import math

import torch
from torch import nn

from standardized import AffineNorm

# What a norm of normgrad is made of, for the rule that weight decay spares norms and biases.
OF_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, AffineNorm)
OWN_FILES = ("norms", "batch_norms", "sample_norms", "activation_norms", "channel_norms", "weight_norms")


def parameter_groups(network, weight_decay, lr):
    """Weight decay is for weights only, and for the two proxy parameters; rho of batch-instance norm learns ten times as fast."""
    groups = {}
    for module in network.modules():
        in_norm = isinstance(module, OF_NORMS) or type(module).__module__ in OWN_FILES
        for name, parameter in module.named_parameters(recurse=False):
            decays = not in_norm and not name.endswith("bias") and name not in ("weight_g", "gamma", "beta")
            decays = decays or name in ("betaProxy", "gammaProxy")
            key = (weight_decay if decays else 0, 10 if name == "rho" else 1)
            groups.setdefault(key, []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "lr": scale * lr, "is_rho": scale == 10}
        for (decay, scale), parameters in groups.items()
    ]


def create_optimizer(config, network):
    groups, kind = parameter_groups(network, config["weightDecay"], config["lr"]), config["optimizer"]
    if kind == "sgd":
        settings = {name: config[name] for name in ("lr", "momentum", "nesterov")}
        return torch.optim.SGD(groups, **settings, foreach=True)  # the same numbers, in fewer calls
    if kind == "rmsprop":
        return torch.optim.RMSprop(groups, lr=config["lr"], momentum=config["momentum"])
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind](groups, lr=config["lr"])


def create_schedule(config, optimizer, steps):
    """The factor of the learning rate for the step after so many, over a run of `steps`."""
    milestones = [math.floor(0.5 * steps + 0.5), math.floor(0.75 * steps + 0.5)]
    base = {
        "constant": lambda step: 1,
        "cosine": lambda step: (1 + math.cos(math.pi * min(step / steps, 1))) / 2,
        "linear": lambda step: 1 - min(step / steps, 1),
        "step": lambda step: 0.1 ** sum(step >= milestone for milestone in milestones),
    }[config["schedule"]]
    warmup = config["warmup"]
    rising = lambda step: (step + 1) / warmup if step < warmup else 1
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rising(step) * base(step))


def loss_of(config, logits, targets, training=True):
    """targets: labels with their shares, several of mixed images."""
    return sum(share * loss_by(config, logits, labels, training) for share, labels in targets)


def accuracy_of(logits, targets):
    right = lambda labels: (logits.argmax(1) == labels).double().mean().item()
    return sum(share * right(labels) for share, labels in targets)


def loss_by(config, logits, labels, training):
    smoothing = config["labelSmoothing"] if training else 0
    kind = config["loss"]
    if kind == "hinge":
        return nn.functional.multi_margin_loss(logits, labels)
    if kind == "mse":
        targets = nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
        return nn.functional.mse_loss(logits, targets * (1 - smoothing) + smoothing / logits.shape[1])
    if kind != "cross-entropy":
        raise NotImplementedError(f"the loss {kind}")
    return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def train_step(config, network, optimizer, schedule, images, targets):
    """One step of training; the loss and accuracy before it, and the gradient's length if it is clipped."""
    logits = network(images)
    loss = loss_of(config, logits, targets)
    score = {"loss": loss.item(), "accuracy": accuracy_of(logits, targets)}
    if not math.isfinite(score["loss"]):
        return score
    optimizer.zero_grad()
    (-loss if config["maximize"] else loss).backward()
    if config["clip"] is not None:
        score["gradientNorm"] = float(nn.utils.clip_grad_norm_(network.parameters(), config["clip"]))
        if not math.isfinite(score["gradientNorm"]):
            return score
    optimizer.step()
    schedule.step()
    constrain(optimizer)
    return score


def constrain(optimizer):
    """rho of batch-instance norm stays in [0, 1]."""
    for group in optimizer.param_groups:
        if group["is_rho"]:
            for parameter in group["params"]:
                parameter.data.clamp_(0, 1)


def evaluate(config, network, images, targets):
    """Loss and accuracy in evaluation mode."""
    network.eval()
    with torch.no_grad():
        logits = network(images)
        loss = loss_of(config, logits, targets, training=False)
    network.train()
    return {"loss": loss.item(), "accuracy": accuracy_of(logits, targets)}
