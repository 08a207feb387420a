/**
 * A linear head on the features of a frozen model, for classes that the model was not trained on. Each picture passes the model once,
 * as it is evaluated (unusable ones do not count here, and are named when they are trained on); the head is then fitted to the kept features by multinomial logistic regression.
 */

import { evalAugment } from "../../augment/index.js";
import { loadTensors, saveTensors } from "../../checkpoint/index.js";
import { type Dataset, Loader, ownPlaces, Rng, stratifiedSubset } from "../../data/index.js";
import { createModel, type Model } from "../../models/index.js";
import { crossEntropy, Linear } from "../../nn/index.js";
import { adamW, cosine } from "../../optim/index.js";
import { type Device, eye, inferenceMode, noGrad, type Tensor, tensor, tidy, zeros } from "../../torch/index.js";
import { choosePrecision, inPrecision } from "../precision.js";
import { type View, viewOf } from "../view.js";
import { headsOf, type ModelSpec } from "./model-spec.js";

// n pictures, D features, K classes

export interface ProbeOptions {
  train: Dataset;
  val?: Dataset;
  imgSize?: number;
  inChannels?: number;
  seed?: number;
  device?: Device;
  workers?: number;
  maxBad?: number;
}

export interface Probe {
  /** By the model's own keys; the caller owns them. */
  head: Map<string, Tensor>;
  /** The share of pictures that the whole model then names rightly. */
  accuracy: number;
  /** Whether that is of pictures which the head was not fitted to. */
  heldOut: boolean;
  /** That the head was fitted to: those that could be used. */
  pictures: number;
  /** Of the features: D. */
  width: number;
}

/** More pictures than this make a linear head no better. */
const MOST = 50_000;

export async function probe(spec: Required<ModelSpec>, { train, val, ...options }: ProbeOptions): Promise<Probe> {
  const { seed = 0, imgSize, inChannels } = options;
  const heads = headsOf(spec.model, { imgSize, inChannels });
  const model = featureModel(spec, { imgSize, inChannels, ...heads });
  try {
    const seen = train.n > MOST ? stratifiedSubset(train, { total: MOST, seed }) : train;
    const known = await featuresOf(model, seen, options);
    const asked = val ? await featuresOf(model, val, options) : known;
    const classes = train.classes.length;
    return tidy(() => {
      const fitted = heads.keys.map((_, i) => fit(known.features[i], { ...known, ...heads, classes, seed }));
      return {
        head: new Map(
          heads.keys.flatMap(
            (key, i) =>
              [
                [key.weight, fitted[i].weight],
                [key.bias, fitted[i].bias],
              ] as const,
          ),
        ),
        accuracy: accuracyOf(fitted, asked, heads.width),
        heldOut: val !== undefined,
        pictures: known.labels.length,
        width: heads.width,
      };
    });
  } finally {
    model.dispose();
  }
}

/** Fits a head, leaves it in `file`, and says how good it is. */
export async function saveProbe(
  file: string,
  spec: Required<ModelSpec>,
  options: ProbeOptions,
): Promise<Omit<Probe, "head"> & { model: string }> {
  const { head, ...result } = await probe(spec, options);
  saveTensors(file, head, { model: spec.model, classes: JSON.stringify(options.train.classes) });
  for (const tensor of head.values()) tensor.dispose();
  return { model: spec.model, ...result };
}

/** With the identity for a head, a model's logits are its features. */
function featureModel(
  { model: name, weights }: Required<ModelSpec>,
  { keys, width, ...options }: ReturnType<typeof headsOf> & { imgSize?: number; inChannels?: number },
): Model {
  return tidy(() => {
    const identity = keys.flatMap(({ weight, bias }): [string, Tensor][] => [
      [weight, eye(width)],
      [bias, zeros([width])],
    ]);
    return createModel(name, { ...options, numClasses: width, weights: new Map([...loadTensors(weights), ...identity]) });
  });
}

interface Features {
  /** Of each head, of the pictures that can be used. */
  features: Float32Array[]; // [n, D]
  labels: BigInt64Array; // [n]
}

async function featuresOf(
  model: Model,
  data: Dataset,
  { device = "cpu", workers, maxBad }: Omit<ProbeOptions, "train" | "val">,
): Promise<Features> {
  const { heads, input, numClasses: width } = model.to({ device }).eval().info;
  const loader = new Loader(data, { batchSize: 64, augment: evalAugment(input), workers, maxBad });
  const view = viewOf(model.info, loader);
  const { precision } = choosePrecision("auto", device);
  const features = heads.map(() => new Float32Array(data.n * width));
  const labels = new BigInt64Array(data.n);
  let done = 0;
  for await (const batch of loader.epoch(0)) {
    const { images, shape } = batch;
    const seen = tidy(() =>
      inferenceMode(() => inPrecision(precision, device, () => look(model, view, tensor(images, { shape, device })))),
    );
    for (const place of ownPlaces(batch)) {
      seen.forEach((values, head) => features[head].set(values.subarray(place * width, (place + 1) * width), done * width));
      labels[done++] = batch.labels[place];
    }
  }
  return { features: features.map((all) => all.subarray(0, done * width)), labels: labels.subarray(0, done) };
}

/** What each head reads, of each picture. */
function look(model: Model, view: View, images: Tensor /* [B, C, H, W] */): Float32Array[] {
  const { heads } = model.forward(view(images)); // each [B, D]
  return model.info.heads.map((name) => heads[name].to({ dtype: "float32" }).to({ device: "cpu" }).data() as Float32Array);
}

interface FitOptions {
  labels: BigInt64Array;
  width: number;
  classes: number;
  seed: number;
}

interface Fitted {
  weight: Tensor; // [K, D]
  bias: Tensor; // [K]
}

const STEPS = 400;
const BATCH = 4096;
const DECAY = 1e-3; // of the squared weights, on features of deviation 1

/** Weights and bias for features as they are; fitted where each has mean 0 and deviation 1, for there one step fits all. */
function fit(features: Float32Array, { labels, width, classes, seed }: FitOptions): Fitted {
  return tidy(() => {
    const x = tensor(features, { shape: [labels.length, width] }); // [n, D]
    const mean = x.mean([0]); // [D]
    const scale = x.sub(mean).square().mean([0]).add(1e-12).sqrt(); // [D]
    const standard = x.sub(mean).div(scale); // [n, D]
    const layer = new Linear(width, classes);
    noGrad(() => {
      layer.weight.zero_();
      layer.bias!.zero_();
    });
    optimise(layer, standard, labels, seed);
    const weight = noGrad(() => layer.weight.div(scale)); // [K, D]
    const bias = noGrad(() => layer.bias!.sub(weight.mul(mean).sum([1]))); // [K]
    layer.dispose();
    return { weight, bias };
  });
}

function optimise(layer: Linear, x: Tensor /* [n, D] */, labels: BigInt64Array, seed: number): void {
  const n = labels.length;
  using optimizer = adamW({ lr: 0.02, weightDecay: 0 }).build(layer.namedParameters());
  const schedule = cosine().build({ lr: 0.02, steps: STEPS, stepsPerEpoch: 1 });
  const rng = Rng.from(seed, "probe");
  const all = tensor(labels); // [n]
  for (let step = 0; step < STEPS; step++) {
    tidy(() => {
      const rows = n > BATCH ? tensor(BigInt64Array.from({ length: BATCH }, () => BigInt(rng.int(n)))) : null; // [B]
      const [seen, right] = rows ? [x.indexSelect(0, rows), all.indexSelect(0, rows)] : [x, all];
      optimizer.zeroGrad();
      const penalty = layer.weight
        .square()
        .sum()
        .mul(DECAY / 2);
      crossEntropy(layer.forward(seen), right).add(penalty).backward();
      optimizer.step(schedule.lrAt(step));
    });
  }
}

/** By the mean of the heads' logits, as a model is evaluated. */
function accuracyOf(heads: readonly Fitted[], { features, labels }: Features, width: number): number {
  return tidy(() =>
    noGrad(() => {
      const n = labels.length;
      const logits = heads
        .map(({ weight, bias }, i) =>
          tensor(features[i], { shape: [n, width] })
            .matmul(weight.transpose(0, 1))
            .add(bias),
        ) // [n, K]
        .reduce((sum, each) => sum.add(each));
      return logits.argmax({ dim: -1 }).eq(tensor(labels)).sum().item() / n;
    }),
  );
}
