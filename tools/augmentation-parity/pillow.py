"""Pillow's and torchvision's side of tools/augmentation-parity.ts: jobs as JSON lines in, pixels as base64 lines out."""

import base64
import json
import sys

import numpy
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from torchvision import transforms
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

RESAMPLE = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}
FILL = (124, 116, 104)


def affine(image, matrix):
    return image.transform(image.size, Image.AFFINE, matrix, resample=Image.BICUBIC, fillcolor=FILL)


EDITS = {
    "invert": lambda im, by: ImageOps.invert(im),
    "autoContrast": lambda im, by: ImageOps.autocontrast(im),
    "equalize": lambda im, by: ImageOps.equalize(im),
    "greyscale": lambda im, by: im.convert("L").convert("RGB"),
    "posterize": lambda im, by: ImageOps.posterize(im, int(by)),
    "solarize": lambda im, by: ImageOps.solarize(im, int(by)),
    "solarizeAdd": lambda im, by: im.point([min(255, i + int(by)) if i < 128 else i for i in range(256)] * 3),
    "brightness": lambda im, by: ImageEnhance.Brightness(im).enhance(by),
    "contrast": lambda im, by: ImageEnhance.Contrast(im).enhance(by),
    "colour": lambda im, by: ImageEnhance.Color(im).enhance(by),
    "sharpness": lambda im, by: ImageEnhance.Sharpness(im).enhance(by),
    "gaussianBlur": lambda im, by: im.filter(ImageFilter.GaussianBlur(by)),
    "shearX": lambda im, by: affine(im, (1, by, 0, 0, 1, 0)),
    "shearY": lambda im, by: affine(im, (1, 0, 0, by, 1, 0)),
    "translateX": lambda im, by: affine(im, (1, 0, by * im.size[0], 0, 1, 0)),
    "translateY": lambda im, by: affine(im, (1, 0, 0, 0, 1, by * im.size[1])),
    "rotate": lambda im, by: im.rotate(by, resample=Image.BICUBIC, fillcolor=FILL),
}


def decoded(job):
    return ImageOps.exif_transpose(Image.open(job["file"])).convert("RGB")


def crop(job):
    box = job["box"]
    size = [job["size"], job["size"]]
    mode = InterpolationMode(job["interpolation"])
    return F.resized_crop(decoded(job), box["top"], box["left"], box["height"], box["width"], size, mode)


def centre(job):
    mode = InterpolationMode(job["interpolation"])
    scale = int(job["size"] / job["share"])
    return transforms.Compose([transforms.Resize(scale, mode), transforms.CenterCrop(job["size"])])(decoded(job))


# an edit is made of the very bytes that the other side edits
def edited(job):
    raw = numpy.frombuffer(base64.b64decode(job["pixels"]), numpy.uint8)
    image = Image.fromarray(raw.reshape(3, job["height"], job["width"]).transpose(1, 2, 0).copy())
    return EDITS[job["edit"]](image, job["by"])


KINDS = {"decode": decoded, "crop": crop, "centre": centre, "edit": edited}

for line in sys.stdin:
    job = json.loads(line)
    pixels = numpy.asarray(KINDS[job["kind"]](job)).transpose(2, 0, 1)
    print(base64.b64encode(pixels.tobytes()).decode(), flush=True)
