"""Exports the teachers of `npm run bench -- foreign-teachers` into a folder, as other tools hand them over: ONNX and TorchScript.

Usage: foreign-teachers.py FOLDER  (torch's own exporters; the onnx package is not needed with torch 1.13)
"""

import sys
import warnings

import torch
from torch import nn

from cait import CaiT
from deit import DeiTTiny
from filler import fill

warnings.filterwarnings("ignore")


class Teacher(nn.Module):
    """Logits [B, classes] and what the last block gives [B, N, D]."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        if isinstance(self.model, CaiT):
            logits, layers = self.model(images)
        else:
            layers = self.model.layers(images)
            logits = self.model.classify(layers[-1])
        return logits, layers[-1]


folder = sys.argv[1]
models = {"deit_tiny_patch16_224": DeiTTiny(), "cait_xxs24_224": CaiT(dim=192, heads=4)}
for name, model in models.items():
    teacher = Teacher(fill(model).eval()).requires_grad_(False)
    images = torch.zeros(2, 3, 224, 224)
    names = ["images", "logits", "last"]
    torch.onnx.export(
        teacher, images, f"{folder}/{name}.onnx", input_names=names[:1], output_names=names[1:], dynamic_axes={each: {0: "batch"} for each in names}
    )
    torch.jit.trace(teacher, images).save(f"{folder}/{name}.pt")
