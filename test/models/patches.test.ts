/** A model that looks at some of the patches, and one that says which it attends to: both against their definition, written out. */

import { describe, expect, test } from "vitest";
import { Cait, cait, coadvise, type Model, pickTokens, type VisionTransformer, vit } from "../../src/models/index.js";
import { autocast, cat, grad, manualSeed, noGrad, randn, stack, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const size = { imgSize: 16, inChannels: 2, numClasses: 5, patchSize: 4, embedDim: 12, depth: 3, heads: 2 };
const masked: [string, () => VisionTransformer | Cait][] = [
  ["vit", () => vit(size)],
  ["vit with a distillation token", () => vit({ ...size, distilled: true })],
  [
    "vit with LayerScale, no position for its tokens",
    () => vit({ ...size, distilled: true, initScale: 0.5, noEmbedClass: true }),
  ],
  ["cait", () => cait({ ...size, initScale: 0.5 })],
];
const guiding: [string, () => Model][] = [
  ...masked,
  ["coadvise", () => coadvise({ ...size, stem: "patch", tokens: ["a", "b"] })],
];

const numbers = (x: Tensor): number[] => Array.from(x.to({ dtype: "float32" }).data() as Float32Array);
const gap = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

/** A row of patch numbers for each picture. */
const chosen = (...rows: number[][]): Tensor => tensor(BigInt64Array.from(rows.flat(), BigInt), { shape: [rows.length, rows[0].length] }); // biome-ignore format: one call
const some = () => chosen([0, 3, 4, 9, 15], [1, 2, 5, 6, 7], [0, 8, 11, 12, 14]);
const images = () => randn([3, 2, 16, 16]);

/** Uses a model and frees it. */
function using<M extends Model>(make: () => M, fn: (model: M) => void): void {
  manualSeed(2);
  const model = make().eval().requiresGrad_(false);
  try {
    tidy(() => {
      noGrad(() => {
        for (const parameter of model.parameters()) parameter.add_(randn(parameter.shape).mul(0.2)); // none of them 0 or 1
      });
      fn(model);
    });
  } finally {
    model.dispose();
  }
}

/** The tokens of each picture's patches, taken one by one. */
const taken = (tokens: Tensor, patches: Tensor, prefix: number): Tensor =>
  stack(
    Array.from({ length: patches.shape[0] }, (_, b) => {
      const own = tokens.select(0, tokens.shape[0] === 1 ? 0 : b);
      const rows = [
        ...Array(prefix).keys(),
        ...Array.from(patches.select(0, b).data() as BigInt64Array, (n) => Number(n) + prefix),
      ];
      return stack(rows.map((row) => own.select(0, row)));
    }),
  );

test.each([
  ["each picture's own", 3, 0],
  ["behind a prefix", 3, 2],
  ["shared by all pictures", 1, 1],
])("tokens are picked: %s", (_, owners, prefixTokens) => {
  tidy(() => {
    const tokens = randn([owners, prefixTokens + 16, 4]).requiresGrad_();
    const [picked, expected] = [pickTokens(tokens, some(), { prefixTokens }), taken(tokens, some(), prefixTokens)];
    expect(picked.shape).toEqual([3, prefixTokens + 5, 4]);
    expect(numbers(picked.detach())).toEqual(numbers(expected.detach()));
    const [[slope], [wanted]] = [picked, expected].map((y) => grad([y.square().sum()], [tokens]));
    expect(gap(slope!, wanted!)).toBeLessThan(1e-6);
  });
});

/** Every token embedded, those of other patches taken out, and the blocks written out. */
function composed(model: VisionTransformer | Cait, pictures: Tensor, patches: Tensor): { logits: Tensor; last: Tensor } {
  const embedded = pictures.pipe(model.patchEmbed); // [B, N, D]
  if (model instanceof Cait) {
    const last = model.blocks.reduce((x, block) => x.pipe(block), taken(embedded.add(model.posEmbed), patches, 0));
    let token: Tensor = model.clsToken.expand([3, -1, -1]);
    for (const block of model.blocksTokenOnly) token = block.forward(token, last);
    return { logits: token.pipe(model.norm).select(1, 0).pipe(model.head), last };
  }
  const { posEmbed, clsToken, distToken, noEmbedClass, headDist } = model;
  const prefix = [clsToken, ...(distToken ? [distToken] : [])].map((token) => token.expand([3, -1, -1]));
  const whole = noEmbedClass
    ? cat([...prefix, embedded.add(posEmbed)], { dim: 1 })
    : cat([...prefix, embedded], { dim: 1 }).add(posEmbed);
  const last = model.blocks.reduce((x, block) => x.pipe(block), taken(whole, patches, prefix.length));
  const out = last.pipe(model.norm);
  const logits = out.select(1, 0).pipe(model.head);
  return { logits: headDist ? logits.add(out.select(1, 1).pipe(headDist)).div(2) : logits, last };
}

onEachDevice((device) => {
  describe.each(masked)("%s looks at some patches", (_, make) => {
    test("as if the others were taken out after they were embedded", () =>
      using(make, (model) => {
        expect(model.takesPatches).toBe(true);
        const pictures = images();
        const { logits, taps, patches } = model.forward(pictures, { taps: ["blocks.2"], patches: some() });
        const expected = composed(model, pictures, some());
        expect(taps[0].shape).toEqual([3, model.info.prefixTokens + 5, 12]);
        expect(patches!.shape).toEqual([3, 5]);
        expect(gap(taps[0], expected.last)).toBeLessThan(1e-5);
        expect(gap(logits, expected.logits)).toBeLessThan(1e-5);
      }));

    test("the same under bfloat16, whose blocks may be operators of our own", () =>
      using(make, (model) => {
        const pictures = images();
        const narrow = autocast({ device }, () => model.forward(pictures, { patches: some() }).logits);
        const exact = model.forward(pictures, { patches: some() }).logits;
        expect(gap(narrow, exact)).toBeLessThan(0.05 * exact.abs().amax().item());
      }));

    test("what the others show changes nothing", () =>
      using(make, (model) => {
        const pictures = images();
        const other = pictures.clone();
        other.slice({ dim: 2, start: 12 }).slice({ dim: 3, end: 4 }).fill_(9); // patch 12
        const patches = chosen([0, 1], [2, 13], [11, 15]);
        const [a, b] = [pictures, other].map((seen) => numbers(model.forward(seen, { patches }).logits));
        expect(a).toEqual(b);
      }));

    test("all of them in their order are the whole picture, bit for bit", ({ skip }) => {
      skip(device !== "cpu", "a GPU may choose another kernel for another layout of the same numbers");
      using(make, (model) => {
        const pictures = images();
        const all = Array.from({ length: 16 }, (_, i) => i);
        const asked = { taps: ["blocks.0", "blocks.2"] };
        const [some, whole] = [{ ...asked, patches: chosen(all, all, all) }, asked].map((options) =>
          model.forward(pictures, options),
        );
        expect(numbers(some.logits)).toEqual(numbers(whole.logits));
        expect(some.taps.map(numbers)).toEqual(whole.taps.map(numbers));
      });
    });

    test("one patch is enough", () =>
      using(make, (model) => {
        const { logits } = model.forward(images(), { patches: chosen([3], [0], [15]) });
        expect(numbers(logits).every(Number.isFinite)).toBe(true);
      }));
  });

  /** softmax(q kᵀ / √d) of token 0, all keys made, the mean over heads; of the patches. */
  function naiveSaliency(model: Model, pictures: Tensor): Tensor {
    const before = model.forward(pictures, { taps: [model instanceof Cait ? "blocks.2" : "blocks.1"] }).taps[0];
    if (model instanceof Cait) {
      const [first, last] = model.blocksTokenOnly;
      const token = first.forward(model.clsToken.expand([3, -1, -1]), before);
      const tokens = cat([token, before], { dim: 1 }).pipe(last.norm1);
      return weights(tokens.pipe(last.attn.q), tokens.pipe(last.attn.k)).slice({ dim: 1, start: 1 });
    }
    const { norm1, attn } = (model as VisionTransformer).blocks[2];
    const [q, k] = before.pipe(norm1).pipe(attn.qkv).split(12, { dim: -1 });
    return weights(q, k).slice({ dim: 1, start: model.info.prefixTokens });
  }

  function weights(q: Tensor, k: Tensor): Tensor {
    const heads = [q, k].map((x) => x.reshape([3, -1, 2, 6]).transpose(1, 2)); // [B, H, N, d]
    return heads[0].matmul(heads[1].transpose(-2, -1)).div(Math.sqrt(6)).softmax(-1).mean([1]).select(1, 0); // [B, N]
  }

  describe.each(guiding)("%s says where its class token looks", (_, make) => {
    test("as its last block attends", () =>
      using(make, (model) => {
        expect(model.givesSaliency).toBe(true);
        const pictures = images();
        const { saliency } = model.forward(pictures, { saliency: true });
        expect(saliency!.shape).toEqual([3, 16]);
        expect(gap(saliency!, naiveSaliency(model, pictures))).toBeLessThan(1e-6);
        const sums = numbers(saliency!.sum([1]));
        expect(sums.every((sum) => sum > 0 && sum < 1)).toBe(true); // the prefix has the rest
      }));

    test("with the last block's patches asked for, too, in training, under bfloat16, without gradient", () =>
      using(make, (model) => {
        const pictures = images();
        model.requiresGrad_(true).train();
        const expected = model.forward(pictures, { saliency: true }).saliency!;
        const { saliency, taps } = autocast({ device }, () => model.forward(pictures, { saliency: true, taps: ["blocks.2"] }));
        expect(taps).toHaveLength(1);
        expect(saliency!.requiresGrad).toBe(false);
        expect(saliency!.dtype).toBe("float32");
        expect(gap(saliency!, expected)).toBeLessThan(0.02);
      }));

    test("only when asked", () => using(make, (model) => expect(model.forward(images())).not.toHaveProperty("saliency")));
  });
});
