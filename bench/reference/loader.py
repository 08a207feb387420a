"""The reference side of bench/loader.ts: an epoch of a folder through torchvision, Pillow and PyTorch's DataLoader.

RandAugment is written from timm's description (two of fifteen edits, each made half of the time), which torchvision does not have.
"""

import random
import time

import torch
from PIL import Image, ImageEnhance, ImageOps
from serve import serve
from torchvision import datasets, transforms
from torchvision.transforms import InterpolationMode

torch.set_num_threads(1)
MEAN, STD, FILL = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], (124, 116, 104)


def sign():
    return random.choice((-1, 1))


def affine(image, matrix):
    return image.transform(image.size, Image.AFFINE, matrix, resample=Image.BICUBIC, fillcolor=FILL)


def enhance(kind):
    return lambda im, m: kind(im).enhance(max(0.1, 1 + sign() * 0.09 * m))


EDITS = [
    lambda im, m: ImageOps.autocontrast(im),
    lambda im, m: ImageOps.equalize(im),
    lambda im, m: ImageOps.invert(im),
    lambda im, m: im.rotate(sign() * 3 * m, resample=Image.BICUBIC, fillcolor=FILL),
    lambda im, m: ImageOps.posterize(im, 4 - int(0.4 * m)),
    lambda im, m: ImageOps.solarize(im, 256 - int(25.6 * m)),
    lambda im, m: im.point([min(255, i + int(11 * m)) if i < 128 else i for i in range(256)] * 3),
    enhance(ImageEnhance.Color),
    enhance(ImageEnhance.Contrast),
    enhance(ImageEnhance.Brightness),
    enhance(ImageEnhance.Sharpness),
    lambda im, m: affine(im, (1, sign() * 0.03 * m, 0, 0, 1, 0)),
    lambda im, m: affine(im, (1, 0, 0, sign() * 0.03 * m, 1, 0)),
    lambda im, m: affine(im, (1, 0, sign() * 0.045 * m * im.size[0], 0, 1, 0)),
    lambda im, m: affine(im, (1, 0, 0, 0, 1, sign() * 0.045 * m * im.size[1])),
]


def rand_augment(image):
    for edit in random.choices(EDITS, k=2):
        if random.random() < 0.5:
            image = edit(image, min(10, max(0, random.gauss(9, 0.5))))
    return image


def mixed(images):
    """Mixup of the batch with itself reversed."""
    share = float(torch.distributions.Beta(0.8, 0.8).sample())
    return images * share + images.flip(0) * (1 - share)


augment = transforms.Compose(
    [
        transforms.RandomResizedCrop(224, interpolation=InterpolationMode.BICUBIC),
        transforms.RandomHorizontalFlip(),
        rand_augment,
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
        transforms.RandomErasing(0.25, value="random"),
    ]
)
loaders = {}


def loader_of(folder, workers):
    if (folder, workers) not in loaders:
        loaders[folder, workers] = torch.utils.data.DataLoader(
            datasets.ImageFolder(folder, augment), batch_size=32, shuffle=True, num_workers=workers, persistent_workers=True
        )
    return loaders[folder, workers]


def epoch(folder, workers, round):
    loader = loader_of(folder, workers)
    begin = time.perf_counter()
    pictures = sum(len(mixed(images)) for images, _ in loader)
    return {"time": (time.perf_counter() - begin) * 1000 / pictures}


if __name__ == "__main__":
    serve({"epoch": epoch})
