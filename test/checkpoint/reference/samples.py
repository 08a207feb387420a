"""Writes tiny weight files in every way that PyTorch and Hugging Face Transformers write them.

/usr/bin/python3 test/checkpoint/reference/samples.py FOLDER

Every tensor is `arange(n) / 8` plus a number of its own, so that the reader knows what to expect: see `expected.json`.
Torch alone is needed; the names of Transformers are written by hand. test/checkpoint/samples holds what PyTorch 1.13 wrote.
"""

import argparse
import collections
import json
import os
import struct
import sys

import numpy
import torch

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def ramp(*shape, start=0.0, dtype=torch.float32):
    count = int(numpy.prod(shape)) if shape else 1
    return (torch.arange(count, dtype=torch.float64) / 8 + start).reshape(shape).to(dtype)


def plain():
    return collections.OrderedDict(weight=ramp(2, 3), bias=ramp(2, start=1.0))


def with_prefix(prefix, state):
    return collections.OrderedDict((prefix + key, value) for key, value in state.items())


def every_dtype():
    kinds = dict(f64=torch.float64, f32=torch.float32, f16=torch.float16, bf16=torch.bfloat16)
    whole = dict(i64=torch.int64, i32=torch.int32, i16=torch.int16, i8=torch.int8, u8=torch.uint8)
    state = {name: ramp(3, start=-1.0, dtype=dtype) for name, dtype in kinds.items()}
    state.update({name: torch.tensor([1, 2, 100], dtype=dtype) for name, dtype in whole.items()})
    state["bool"] = torch.tensor([True, False, True])
    state["scalar"] = torch.tensor(7)
    state["empty"] = torch.zeros(0, 4)
    return state


def views():
    """Tensors that share one storage or do not lie in it row by row."""
    base = ramp(4, 6)
    return dict(
        base=base,
        transposed=base.t(),
        column=base[:, 2],
        corner=base[1:3, 2:5],
        steps=base[::2, 1::2],
        row=base[3],
        repeated=ramp(1, start=5.0).expand(4),
        channels_last=ramp(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
    )


def training():
    """What DeiT's training program saves."""
    model = torch.nn.Linear(3, 2)
    model.load_state_dict(plain())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    model.load_state_dict(plain())
    average = collections.OrderedDict((key, value + 1) for key, value in plain().items())
    return dict(
        model=model.state_dict(),
        optimizer=optimizer.state_dict(),
        lr_scheduler=dict(base_values=[1e-3], metric=None),
        epoch=299,
        model_ema=average,
        scaler={},
        max_accuracy=numpy.float64(72.25),
        seen=numpy.int64(1281167),
        args=argparse.Namespace(model="deit_tiny_patch16_224", lr=5e-4, distillation_type="none", seed=0, sizes=(224, 224)),
    )


def detection_style():
    """What mmclassification saves: everything about the run beside the weights."""
    state = collections.OrderedDict([("backbone.conv.weight", ramp(2, 1, 1, 1)), ("head.fc.weight", ramp(3, 2))])
    return dict(meta=dict(epoch=130, CLASSES=["tench", "goldfish"], time="x", hook_msgs={}), state_dict=state)


def write_torch():
    torch.save(plain(), path("zip.pth"))
    torch.save(plain(), path("legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(training(), path("training.pth"))
    torch.save(training(), path("training_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(dict(model=with_prefix("module.", plain())), path("prefixed.pth"))
    torch.save(dict(student=plain(), teacher=plain()), path("two.pth"))
    torch.save(detection_style(), path("mmcls.pth"))
    torch.save(every_dtype(), path("dtypes.pth"))
    torch.save(every_dtype(), path("dtypes_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(views(), path("views.pth"))
    torch.save(views(), path("views_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Parameter(ramp(2)), path("one_tensor.pth"))
    torch.save(dict(model={"weight": torch.nn.Parameter(ramp(2, 3))}), path("protocol4.pth"), pickle_protocol=4)
    torch.save(torch.nn.Linear(3, 2), path("module.pth"))


NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
}


def write_safetensors(name, state, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for key, value in state.items():
        value = value.contiguous()
        raw = value.view(torch.uint8).numpy().tobytes() if value.dim() else value.reshape(1).view(torch.uint8).numpy().tobytes()
        header[key] = dict(dtype=NAMES[value.dtype], shape=list(value.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path(name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def linear(state, name, out, inner, start):
    state[name + ".weight"] = ramp(out, inner, start=start)
    state[name + ".bias"] = ramp(out, start=start)


def norm(state, name, width):
    state[name + ".weight"] = ramp(width, start=1.0)
    state[name + ".bias"] = ramp(width)


def transformers_layer(state, at, width, inner=None):
    """One layer of ViT, DeiT or Swin as Transformers names it; `inner` is "self" in Swin, "attention" in the others."""
    norm(state, at + "layernorm_before", width)
    for i, part in enumerate(["query", "key", "value"]):
        linear(state, f"{at}attention.{inner}.{part}", width, width, float(i))
    linear(state, at + "attention.output.dense", width, width, 3.0)
    norm(state, at + "layernorm_after", width)
    linear(state, at + "intermediate.dense", 4 * width, width, 4.0)
    linear(state, at + "output.dense", width, 4 * width, 5.0)


def transformers_vit(family, width=4, depth=2, tokens=4, classes=3, distilled=False):
    state = collections.OrderedDict()
    state[f"{family}.embeddings.cls_token"] = ramp(1, 1, width)
    if distilled:
        state[f"{family}.embeddings.distillation_token"] = ramp(1, 1, width, start=1.0)
    state[f"{family}.embeddings.position_embeddings"] = ramp(1, tokens + (2 if distilled else 1), width)
    state[f"{family}.embeddings.patch_embeddings.projection.weight"] = ramp(width, 3, 4, 4)
    state[f"{family}.embeddings.patch_embeddings.projection.bias"] = ramp(width)
    for i in range(depth):
        transformers_layer(state, f"{family}.encoder.layer.{i}.", width, "attention")
    norm(state, f"{family}.layernorm", width)
    for i, head in enumerate(["cls_classifier", "distillation_classifier"] if distilled else ["classifier"]):
        linear(state, head, classes, width, float(i))
    return state


def transformers_swin(width=4, depths=(2, 1), heads=(1, 2), window=2, classes=3):
    state = collections.OrderedDict()
    state["swin.embeddings.patch_embeddings.projection.weight"] = ramp(width, 3, 4, 4)
    state["swin.embeddings.patch_embeddings.projection.bias"] = ramp(width)
    norm(state, "swin.embeddings.norm", width)
    for stage, depth in enumerate(depths):
        inner = width << stage
        for i in range(depth):
            at = f"swin.encoder.layers.{stage}.blocks.{i}."
            state[at + "attention.self.relative_position_bias_table"] = ramp((2 * window - 1) ** 2, heads[stage])
            state[at + "attention.self.relative_position_index"] = torch.zeros(window**2, window**2, dtype=torch.int64)
            transformers_layer(state, at, inner, "self")
        if stage + 1 < len(depths):
            state[f"swin.encoder.layers.{stage}.downsample.reduction.weight"] = ramp(2 * inner, 4 * inner)
            norm(state, f"swin.encoder.layers.{stage}.downsample.norm", 4 * inner)
    norm(state, "swin.layernorm", width << (len(depths) - 1))
    linear(state, "classifier", classes, width << (len(depths) - 1), 0.0)
    return state


def write_transformers():
    meta = dict(format="pt")
    write_safetensors("vit.safetensors", transformers_vit("vit"), meta)
    write_safetensors("deit.safetensors", transformers_vit("deit", distilled=True), meta)
    write_safetensors("swin.safetensors", transformers_swin(), meta)
    torch.save(transformers_vit("vit"), path("pytorch_model.bin"))
    half = {key: value.to(torch.bfloat16) for key, value in transformers_vit("vit").items()}
    os.makedirs(path("sharded"), exist_ok=True)
    keys = list(half)
    shards = {"model-00001-of-00002.safetensors": keys[:10], "model-00002-of-00002.safetensors": keys[10:]}
    for file, part in shards.items():
        write_safetensors(os.path.join("sharded", file), {key: half[key] for key in part}, meta)
    index = dict(metadata=dict(total_size=1), weight_map={key: file for file, part in shards.items() for key in part})
    with open(path("sharded/model.safetensors.index.json"), "w") as file:
        json.dump(index, file)


def write_expected():
    states = dict(plain=plain(), dtypes=every_dtype(), views=views())
    rows = {
        name: {key: dict(shape=list(value.shape), values=value.double().flatten().tolist()) for key, value in state.items()}
        for name, state in states.items()
    }
    with open(path("expected.json"), "w") as file:
        json.dump(rows, file)


torch.manual_seed(0)
write_torch()
write_transformers()
write_expected()
