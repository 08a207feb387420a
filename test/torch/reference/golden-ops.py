"""Writes test/torch/golden-ops.json: what PyTorch makes of test/torch/samples.ts, values and gradients.
Command: python3 test/torch/reference/golden-ops.py; npx biome format --write test/torch  (made with torch 1.13.1)"""

import json
import math
import pathlib
import subprocess

import torch
from torch.nn import functional as F

here = pathlib.Path(__file__).parent
memory_formats = {"contiguous": torch.contiguous_format, "preserve": torch.preserve_format, "channelsLast": torch.channels_last}


def build(name, value, leaves):
    """An argument of the sample: tensors for their descriptions, torch's own dtypes and memory formats for their names."""
    if isinstance(value, dict):
        data = [float(v) for v in value["data"]]
        tensor = torch.tensor(data, dtype=torch.float64).reshape(value["shape"]).to(getattr(torch, value["dtype"]))
        if value["leaf"]:
            leaves.append(tensor.requires_grad_())
        return tensor
    if isinstance(value, list):
        return [build(name, item, leaves) for item in value]
    if name == "dtype":
        return getattr(torch, value)
    return memory_formats[value] if name == "memory_format" else value


def copied(value):
    return [copied(item) for item in value] if isinstance(value, list) else value.clone()


def spelled(argument, value):
    """One number for all of an int[2]; a switch that our calls do not have (batch_norm's cudnn_enabled) off."""
    if isinstance(value, int) and argument.N:
        return [value] * argument.N
    return False if value is None and str(argument.type) == "bool" else value


def involution(input, weight, stride=1, padding=0):
    """The paper's formula: the unfolded neighbourhoods, each times its own kernel, summed. https://arxiv.org/abs/2103.06255"""
    B, C = input.shape[:2]
    _, G, K, k, h, w = weight.shape
    patches = F.unfold(input, (K, k), padding=padding, stride=stride).reshape(B, G, C // G, K * k, h, w)
    return (patches * weight.reshape(B, G, 1, K * k, h, w)).sum(3).reshape(B, C, h, w)


def talking_heads(qkv, before, before_bias, after, after_bias):
    """The paper's formula, with heads as the last dimension while they are exchanged. https://arxiv.org/abs/2003.02436"""
    B, N, _ = qkv.shape
    H = len(before)
    q, k, v = qkv.reshape(B, N, 3, H, -1).unbind(2)
    scores = torch.einsum("bnhe, bmhe -> bnmh", q * q.shape[-1] ** -0.5, k)
    weights = F.linear(F.linear(scores, before, before_bias).softmax(2), after, after_bias)
    return torch.einsum("bnmh, bmhe -> bnhe", weights, v).reshape(B, N, -1)


def self_attention(qkv, heads):
    """softmax(q kᵀ / √E) v of each head. https://arxiv.org/abs/1706.03762"""
    B, N, _ = qkv.shape
    q, k, v = qkv.reshape(B, N, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind()
    weights = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1)
    return (weights @ v).transpose(1, 2).reshape(B, N, -1)


def gram_gap(student, teacher):
    """The squared difference of the Gram matrices of unit tokens, and a quarter of autograd's gradient."""
    tokens = student.clone().requires_grad_()
    s, t = (F.normalize(x, dim=-1) for x in (tokens, teacher))
    value = (s @ s.transpose(-2, -1) - t @ t.transpose(-2, -1)).double().square().sum()
    (gradient,) = torch.autograd.grad(value, tokens)
    return [value.detach(), gradient / 4]


def encoder_block(x, heads, norms, weights, biases, exchange, scales, eps=1e-6):
    """Pre-norm: attention and MLP, each on the normalised stream and added to it, times LayerScale. https://arxiv.org/abs/2103.17239"""
    D = x.shape[-1:]
    qkv = F.linear(F.layer_norm(x, D, *norms[:2], eps), weights[0], biases[0])
    x = x + scales[0] * F.linear(talking_heads(qkv, *exchange), weights[1], biases[1])
    hidden = F.gelu(F.linear(F.layer_norm(x, D, *norms[2:], eps), weights[2], biases[2]))
    return x + scales[1] * F.linear(hidden, weights[3], biases[3])


def with_gradient(features, value, gradient):
    return value


OWN = {f"vit_distill::{own.__name__}": own for own in (involution, talking_heads, self_attention, encoder_block, gram_gap, with_gradient)}


def called(line, arguments):
    """The outputs as a list; an operator that works in place gives what it worked on (a copy: leaves may not be written to)."""
    if line in OWN:
        result = OWN[line](**arguments)
        return result if isinstance(result, list) else [result]
    base, _, overload = line.partition(".")
    op = getattr(getattr(torch.ops.aten, base), overload or "default")
    if base.endswith("_"):
        arguments["self"] = copied(arguments["self"])
    schema = op._schema.arguments
    positional = [spelled(a, arguments.get(a.name, a.default_value)) for a in schema if not a.kwarg_only]
    keywords = {a.name: arguments[a.name] for a in schema if a.kwarg_only and a.name in arguments}
    if any(a.name == "correction" for a in schema):
        keywords.setdefault("correction", None)
    result = op(*positional, **keywords)
    if result is None:
        return arguments["self"]
    return list(result) if isinstance(result, (tuple, list)) else [result]


def weighted_sum(outputs):
    total = 0
    for y in outputs:
        if torch.is_tensor(y) and y.dtype == torch.float64:
            weights = [math.cos(1 + 0.7 * i) for i in range(y.numel())]
            total = total + (y * torch.tensor(weights, dtype=torch.float64).reshape(y.shape)).sum()
    return total


def gradients(outputs, leaves):
    if not any(torch.is_tensor(y) and y.requires_grad for y in outputs):
        return None
    found = torch.autograd.grad(weighted_sum(outputs), leaves, allow_unused=True)
    return [(torch.zeros_like(x) if g is None else g).flatten().tolist() for x, g in zip(leaves, found)]


def described(output):
    y = output if torch.is_tensor(output) else torch.tensor(output)
    return {"dtype": str(y.dtype).removeprefix("torch."), "shape": list(y.shape), "data": [float(v) for v in y.detach().flatten()]}


def golden(line, sample):
    if "random" in sample or "sameAs" in sample:
        return None
    leaves = []
    arguments = {name: build(name, value, leaves) for name, value in sample["args"].items()}
    outputs = called(line, arguments)
    values = [described(y) for y in outputs]
    if sample.get("uninitialised"):
        values = [{**v, "data": []} for v in values]
    return {"outputs": values, "gradients": gradients(outputs, leaves)}


printed = subprocess.run(["node", "--import", "tsx", here / "print-samples.ts"], capture_output=True, check=True, text=True).stdout
result = {line: [golden(line, sample) for sample in samples] for line, samples in json.loads(printed).items()}
(here.parent / "golden-ops.json").write_text(json.dumps(result))
