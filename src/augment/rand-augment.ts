/**
 * RandAugment: a few edits, drawn from fifteen, all of about one magnitude. https://arxiv.org/abs/1909.13719
 * The edits, their ranges and the string that describes them are timm's: `rand-m9-mstd0.5-inc1` is magnitude 9 of 10, a standard
 * deviation of 0.5 from edit to edit, and severities that all grow with the magnitude.
 */
import { DataError, type ImageOp, type Rng } from "../data/index.js";
import { type Fill, rotate, shearX, shearY, translateX, translateY } from "./affine.js";
import { drawn, type Edit } from "./edit.js";
import { colour, sharpness } from "./enhance.js";
import { autoContrast, brightness, contrast, equalize, invert, posterize, solarize, solarizeAdd } from "./look-up.js";

export interface RandAugmentOptions {
  /** 0 to 10. */
  magnitude?: number;
  /** Of the magnitude, from edit to edit; Infinity draws it evenly between 0 and `magnitude`. */
  magnitudeStd?: number;
  /** The most that a magnitude may become. */
  magnitudeMax?: number;
  /** Edits drawn for a picture, with replacement. */
  layers?: number;
  /** That a drawn edit is made. */
  probability?: number;
  /** Every edit is stronger at a greater magnitude; without it some are weaker, and enhancements run from 0.1 to 1.9. */
  increasing?: boolean;
  /** What is turned or shifted in from outside, one byte a channel or one for all: timm takes the data's mean. */
  fill?: number | Fill;
}

const FULL = 10;

const settings: Record<string, (value: number) => RandAugmentOptions> = {
  m: (magnitude) => ({ magnitude }),
  mstd: (std) => ({ magnitudeStd: std > 100 ? Number.POSITIVE_INFINITY : std }),
  mmax: (magnitudeMax) => ({ magnitudeMax }),
  n: (layers) => ({ layers }),
  p: (probability) => ({ probability }),
  inc: (on) => ({ increasing: on !== 0 }),
};

/** `rand-m9-mstd0.5-inc1` in words of ours. */
export function parseRandAugment(text: string): RandAugmentOptions {
  const [kind, ...parts] = text.split("-");
  if (kind !== "rand")
    throw new DataError("ERR_INVALID_OPTION", `"${text}" is no RandAugment: it begins with "rand", as rand-m9-mstd0.5-inc1.`);
  return Object.assign({}, ...parts.map((part) => parsePart(part, text)));
}

function parsePart(part: string, text: string): RandAugmentOptions {
  const [, key = "", value = ""] = /^([a-z]+)(\d+(?:\.\d+)?|inf)$/.exec(part) ?? [];
  if (!Object.hasOwn(settings, key))
    throw new DataError(
      "ERR_INVALID_OPTION",
      `"${part}" in "${text}" is none of ${Object.keys(settings).join(", ")} with a number, as in rand-m9-mstd0.5-inc1.`,
    );
  return settings[key](value === "inf" ? Number.POSITIVE_INFINITY : Number(value));
}

/** The edits of one magnitude out of ten; `sign` draws a direction. */
type Menu = Record<string, (magnitude: number, sign: () => 1 | -1) => Edit>;

function menu(increasing: boolean, fill: Fill): Menu {
  const share = (magnitude: number, most: number): number => (magnitude / FULL) * most;
  const cut = (magnitude: number, most: number): number => Math.trunc(share(magnitude, most));
  const enhancement =
    (edit: (factor: number) => Edit): Menu[string] =>
    (m, sign) =>
      edit(increasing ? Math.max(0.1, 1 + sign() * share(m, 0.9)) : share(m, 1.8) + 0.1);
  return {
    autoContrast: () => autoContrast,
    equalize: () => equalize,
    invert: () => invert,
    rotate: (m, sign) => rotate(sign() * share(m, 30), fill),
    posterize: (m) => posterize(increasing ? 4 - cut(m, 4) : cut(m, 4)),
    solarize: (m) => solarize(increasing ? 256 - cut(m, 256) : cut(m, 256)),
    solarizeAdd: (m) => solarizeAdd(cut(m, 110)),
    colour: enhancement(colour),
    contrast: enhancement(contrast),
    brightness: enhancement(brightness),
    sharpness: enhancement(sharpness),
    shearX: (m, sign) => shearX(sign() * share(m, 0.3), fill),
    shearY: (m, sign) => shearY(sign() * share(m, 0.3), fill),
    translateX: (m, sign) => translateX(sign() * share(m, 0.45), fill),
    translateY: (m, sign) => translateY(sign() * share(m, 0.45), fill),
  };
}

/** `options` may be timm's string. */
export function randAugment(options: string | RandAugmentOptions = {}): ImageOp {
  const {
    magnitude = FULL,
    magnitudeStd = 0,
    magnitudeMax = FULL,
    layers = 2,
    probability = 0.5,
    increasing = false,
    fill = 128,
  } = typeof options === "string" ? parseRandAugment(options) : options;
  const edits = Object.values(menu(increasing, typeof fill === "number" ? [fill, fill, fill] : fill));

  function magnitudeOf(rng: Rng): number {
    if (magnitudeStd === 0) return magnitude;
    const value = magnitudeStd === Number.POSITIVE_INFINITY ? rng.uniform(0, magnitude) : magnitude + magnitudeStd * rng.normal();
    return Math.min(Math.max(value, 0), magnitudeMax);
  }

  return drawn("randAugment", options, (rng) => {
    const chosen = Array.from({ length: layers }, () => edits[rng.int(edits.length)]);
    return chosen.filter(() => rng.chance(probability)).map((edit) => edit(magnitudeOf(rng), () => (rng.chance(0.5) ? 1 : -1)));
  });
}
