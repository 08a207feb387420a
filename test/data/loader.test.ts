import { describe, expect, it } from "vitest";
import { compose, flip, mixup, normalise, padCrop, randomErasing } from "../../src/augment/index.js";
import { type Batch, type Dataset, Loader, type LoaderOptions } from "../../src/data/index.js";
import { toy } from "./toy.js";

const plain = normalise({ mean: [0], std: [1] });
const augment = () =>
  compose([
    padCrop({ pad: 1 }),
    flip(),
    normalise({ mean: [0.3], std: [0.4] }),
    randomErasing({ probability: 0.5, mode: "pixel" }),
  ]);

/** Copies of an epoch's batches, because the loader writes its arrays again. */
async function collect(loader: Loader, epoch: number, options?: { from: number }): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader.epoch(epoch, options))
    batches.push({ ...batch, images: batch.images.slice(), labels: batch.labels.slice() });
  return batches;
}

const make = (options: Partial<LoaderOptions> = {}) =>
  new Loader(toy([9, 9, 5]), { batchSize: 4, augment: augment(), shuffle: true, seed: 1, ...options });

/** Which of `toy`'s pictures each batch holds, under `plain`. */
const idsOf = (batches: Batch[]) =>
  batches.map(({ images, shape }) => Array.from({ length: shape[0] }, (_, i) => Math.round(images[i * 20] * 255) - 1));

describe("Loader", () => {
  it("repeats a picture in a row, each time augmented anew, and is no longer for it", async () => {
    const ids = idsOf(await collect(make({ augment: plain, repeats: 3 }), 0)).flat();
    expect(ids).toHaveLength(23);
    for (let i = 0; i + 3 <= 21; i += 3) expect(new Set(ids.slice(i, i + 3)).size).toBe(1);
    expect(new Set(ids).size).toBe(8);
    const [first] = await collect(make({ repeats: 4 }), 0);
    const copies = Array.from({ length: 4 }, (_, i) => first.images.slice(i * 20, (i + 1) * 20).join());
    expect(new Set(copies).size).toBeGreaterThan(1);
    expect(() => make({ repeats: 0 })).toThrowCode("ERR_INVALID_OPTION", "repeats", /\b0\b/);
  });

  it("gives every sample once in an epoch, with its label", async () => {
    const samples = toy([9, 9, 5]);
    const batches = await collect(new Loader(samples, { batchSize: 4, augment: plain, shuffle: true }), 0);
    expect(batches.map((batch) => batch.shape)).toEqual([...new Array(5).fill([4, 1, 4, 5]), [3, 1, 4, 5]]);
    expect(batches.map((batch) => batch.index)).toEqual([0, 1, 2, 3, 4, 5]);
    const ids = idsOf(batches).flat();
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i));
    expect(batches.flatMap((batch) => Array.from(batch.labels, Number))).toEqual(ids.map((id) => samples.labels[id]));
    expect(batches[0].targets).toBeNull();
    expect(batches[0].classes).toBe(3);
  });

  it("keeps the order without shuffle, and shuffles each epoch anew with it", async () => {
    const straight = await collect(make({ augment: plain, shuffle: false }), 3);
    expect(idsOf(straight).flat()).toEqual(Array.from({ length: 23 }, (_, i) => i));
    const [first, second] = [await collect(make({ augment: plain }), 0), await collect(make({ augment: plain }), 1)];
    expect(idsOf(first)).not.toEqual(idsOf(second));
    expect(idsOf(await collect(make({ augment: plain }), 1))).toEqual(idsOf(second));
  });

  it("drops the last short batch when asked to", async () => {
    const loader = make({ dropLast: true });
    expect(loader.batches).toBe(5);
    expect(await collect(loader, 0)).toHaveLength(5);
  });

  it("is the same in a new loader, and another with another seed or epoch", async () => {
    const mix = mixup({ alpha: 0.8, cutmix: 1 });
    const once = await collect(make({ mix }), 2);
    expect(await collect(make({ mix }), 2)).toEqual(once);
    expect(await collect(make({ mix, seed: 2 }), 2)).not.toEqual(once);
    expect(await collect(make({ mix }), 3)).not.toEqual(once);
  });

  it.each([0, 1, 4, 6])("starts again in mid-epoch at batch %i with identical batches", async (from) => {
    const mix = mixup({ alpha: 0.8, cutmix: 1 });
    const whole = await collect(make({ mix }), 5);
    expect(await collect(make({ mix }), 5, { from })).toEqual(whole.slice(from));
  });

  it("augments a sample alike whatever the batch size", async () => {
    const pixels = async (batchSize: number) => (await collect(make({ batchSize }), 1)).flatMap((batch) => [...batch.images]);
    expect(await pixels(4)).toEqual(await pixels(23));
  });

  it("mixes each batch by its own draw", async () => {
    const batches = await collect(make({ mix: mixup({ alpha: 1 }), dropLast: true }), 0);
    const shares = batches.map(({ targets }) => Math.max(...targets!.subarray(0, 3)));
    expect(new Set(shares).size).toBeGreaterThan(2);
  });

  it("augments anew in every epoch", async () => {
    const [first, second] = [await collect(make({ shuffle: false }), 0), await collect(make({ shuffle: false }), 1)];
    expect(first[0].labels).toEqual(second[0].labels);
    expect(first[0].images).not.toEqual(second[0].images);
  });

  it("writes the arrays of a batch again only for the next one, and never the samples", async () => {
    const samples = toy([9, 9, 5]);
    const before = samples.images.slice();
    const epoch = new Loader(samples, { batchSize: 4, augment: augment(), mix: mixup({ cutmix: 1 }) }).epoch(0);
    const { value: first } = await epoch.next();
    const copy = first!.images.slice();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(first!.images).toEqual(copy);
    const { value: second } = await epoch.next();
    expect(second!.images.buffer).toBe(first!.images.buffer);
    expect(samples.images).toEqual(before);
  });

  it("lets two epochs of one loader run side by side", async () => {
    const loader = make();
    const [together, alone] = [
      await Promise.all([collect(loader, 0), collect(loader, 1)]),
      [await collect(loader, 0), await collect(loader, 1)],
    ];
    expect(together).toEqual(alone);
  });

  it("lets timers run between batches", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    for await (const _ of make({ batchSize: 1 }).epoch(0)) {
      const until = performance.now() + 2;
      while (performance.now() < until);
    }
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  it("takes the picture's size from the augmentation", async () => {
    const loader = new Loader(toy([4]), {
      batchSize: 2,
      augment: () => ({ data: new Float32Array(12), channels: 3, height: 2, width: 2 }),
    });
    expect(loader.imageShape).toEqual([3, 2, 2]);
    expect((await collect(loader, 0))[1].shape).toEqual([2, 3, 2, 2]);
  });

  it("checks at the door", async () => {
    const samples = toy([2, 2]);
    const given = { batchSize: 2, augment: plain };
    const options = (wrong: Partial<LoaderOptions>) => () => new Loader(samples, { ...given, ...wrong });
    const data = (wrong: Partial<Dataset>) => () => new Loader({ ...samples, ...wrong }, given);
    expect(options({ batchSize: 0 })).toThrowCode("ERR_INVALID_OPTION", /\bbatch ?size\b/i, /\b1\b/, /\b0\b/);
    expect(options({ views: 0.5 })).toThrowCode("ERR_INVALID_OPTION", "views", "0.5");
    expect(options({ batchSize: 5, dropLast: true })).toThrowCode("ERR_DATA_EMPTY", "toy", /\b4\b/, /\b5\b/, "dropLast: false");
    expect(options({ augment: flip() })).toThrowCode("ERR_AUGMENTATION", "normalise({ mean, std })");
    expect(data({ n: 0 })).toThrowCode("ERR_DATA_EMPTY", "toy");
    expect(data({ n: 5 })).toThrowCode("ERR_DATA_LABELS", "toy", /\b5\b/, /\b4\b/);
    expect(data({ classes: ["only"] })).toThrowCode("ERR_DATA_LABELS", "toy", /\b1\b.*\b1\b/);
    expect(data({ labels: Int32Array.of(-1, 1, 0, 1) })).toThrowCode("ERR_DATA_LABELS", "toy", /\b3\b/, /\b4\b/);
    for (const from of [-1, 0.5, 3])
      await expect(collect(new Loader(samples, given), 0, { from })).rejects.toThrowCode(
        "ERR_INVALID_OPTION",
        /\b0\b.*\b1\b/,
        from,
      );
    const growing = new Loader(samples, {
      ...given,
      augment: (image, rng) => (rng.chance(0.5) ? plain(image, rng) : { ...plain(image, rng), height: 5, width: 4 }),
    });
    await expect(collect(growing, 0)).rejects.toThrowCode("ERR_AUGMENTATION", "1×5×4", "1×4×5");
  });
});
