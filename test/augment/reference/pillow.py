"""What Pillow makes of one small picture, for test/augment/edits.test.ts. Command: python3 test/augment/reference/pillow.py"""

import base64
import json
import pathlib

import numpy
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

HEIGHT, WIDTH, FILL = 19, 23, (124, 116, 104)


def picture():
    """Smooth colours with some noise, so that every edit has something to do."""
    rng = numpy.random.default_rng(7)
    small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=numpy.uint8))
    smooth = numpy.asarray(small.resize((WIDTH, HEIGHT), Image.BICUBIC)).astype(int)
    noisy = smooth * 0.8 + 20 + rng.normal(0, 6, smooth.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(numpy.uint8))


def affine(image, matrix):
    return image.transform(image.size, Image.AFFINE, matrix, resample=Image.BICUBIC, fillcolor=FILL)


EDITS = {
    "invert": lambda im: ImageOps.invert(im),
    "posterize 3": lambda im: ImageOps.posterize(im, 3),
    "solarize 100": lambda im: ImageOps.solarize(im, 100),
    "solarizeAdd 60": lambda im: im.point([min(255, i + 60) if i < 128 else i for i in range(256)] * 3),
    "autoContrast": lambda im: ImageOps.autocontrast(im),
    "equalize": lambda im: ImageOps.equalize(im),
    "brightness 0.63": lambda im: ImageEnhance.Brightness(im).enhance(0.63),
    "brightness 1.7": lambda im: ImageEnhance.Brightness(im).enhance(1.7),
    "contrast 0.35": lambda im: ImageEnhance.Contrast(im).enhance(0.35),
    "contrast 1.81": lambda im: ImageEnhance.Contrast(im).enhance(1.81),
    "colour 0.2": lambda im: ImageEnhance.Color(im).enhance(0.2),
    "colour 1.9": lambda im: ImageEnhance.Color(im).enhance(1.9),
    "sharpness 0.15": lambda im: ImageEnhance.Sharpness(im).enhance(0.15),
    "sharpness 1.85": lambda im: ImageEnhance.Sharpness(im).enhance(1.85),
    "greyscale": lambda im: im.convert("L").convert("RGB"),
    "gaussianBlur 0.4": lambda im: im.filter(ImageFilter.GaussianBlur(0.4)),
    "gaussianBlur 1.9": lambda im: im.filter(ImageFilter.GaussianBlur(1.9)),
    "shearX 0.27": lambda im: affine(im, (1, 0.27, 0, 0, 1, 0)),
    "shearY -0.2": lambda im: affine(im, (1, 0, 0, -0.2, 1, 0)),
    "translateX 0.3": lambda im: affine(im, (1, 0, 0.3 * im.size[0], 0, 1, 0)),
    "translateY -0.41": lambda im: affine(im, (1, 0, 0, 0, 1, -0.41 * im.size[1])),
    "rotate 27": lambda im: im.rotate(27, resample=Image.BICUBIC, fillcolor=FILL),
    "rotate -8.5": lambda im: im.rotate(-8.5, resample=Image.BICUBIC, fillcolor=FILL),
}

CROPS = {
    "whole to 11x31": ((0, 0, WIDTH, HEIGHT), (11, 31)),
    "part to 40x9": ((3, 2, 17, 16), (40, 9)),
    "one pixel to 5x5": ((4, 4, 5, 5), (5, 5)),
}
RESAMPLE = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}


def planar(image):
    """Base64 of the bytes as [C, H, W]."""
    return base64.b64encode(numpy.asarray(image).transpose(2, 0, 1).tobytes()).decode()


source = picture()
golden = {
    "height": HEIGHT,
    "width": WIDTH,
    "fill": FILL,
    "picture": planar(source),
    "crops": [
        {
            "name": f"{name}, {interpolation}",
            "box": dict(zip(["left", "top", "width", "height"], [box[0], box[1], box[2] - box[0], box[3] - box[1]])),
            "size": dict(zip(["width", "height"], size)),
            "interpolation": interpolation,
            "pixels": planar(source.crop(box).resize(size, resample)),
        }
        for name, (box, size) in CROPS.items()
        for interpolation, resample in RESAMPLE.items()
    ],
    "edits": {name: planar(edit(source)) for name, edit in EDITS.items()},
}
pathlib.Path(__file__).with_name("pillow.json").write_text(json.dumps(golden, indent=1) + "\n")
