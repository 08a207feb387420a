/** Data workers: clean ends, errors that keep their codes, back-pressure, and nothing left behind. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { centreCrop, compose, normalise, randomCrop } from "../../src/augment/index.js";
import { downfall } from "../../src/data/crew.js";
import {
  DataError,
  type Dataset,
  dismissWorkers,
  type ImageOp,
  imageFolder,
  imageOp,
  Loader,
  type LoaderOptions,
  unlabelledFolder,
} from "../../src/data/index.js";
import { asFolder, corpus, temporary } from "./forms.js";
import { toy } from "./toy.js";

const rgb = { mean: [0, 0, 0], std: [1, 1, 1] };
const plain = compose([centreCrop({ size: 8, share: 1 }), normalise(rgb)]);
let photos: Dataset;
let folder: string;

beforeAll(async () => {
  folder = asFolder(await corpus(24));
  photos = imageFolder(folder);
});
afterAll(dismissWorkers);

const make = (options: Partial<LoaderOptions> = {}) =>
  new Loader(photos, { batchSize: 4, augment: plain, workers: 2, ...options });

async function count(loader: Loader): Promise<number> {
  let n = 0;
  for await (const { labels } of loader.epoch(0)) n += labels.length;
  return n;
}

/** Threads of this process, where the system tells. */
const threads = () =>
  existsSync("/proc/self/status") ? Number(/Threads:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) : 0;

describe("data workers", () => {
  test("an epoch may be left early, and others run beside it", async () => {
    for await (const { index } of make().epoch(0)) if (index === 1) break;
    expect(await Promise.all([count(make()), count(make({ batchSize: 7 })), count(make({ workers: 1 }))])).toEqual([24, 24, 24]);
  });

  test("run ahead by two batches and then wait for whoever trains", async () => {
    const seen: number[] = [];
    const epoch = make({ workers: 1 }).epoch(0);
    const { images } = (await epoch.next()).value!;
    const kept = images.slice();
    const whole = new Float32Array(images.buffer); // the ring of three batches
    await vi.waitFor(() => expect(whole.at(-1)).not.toBe(0));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(images).toEqual(kept); // the fourth batch waits for the place of the first
    for await (const { index } of epoch) seen.push(index);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("leave when they are dismissed, and come back when they are needed", async () => {
    await dismissWorkers();
    const before = threads();
    expect(await count(make())).toBe(24);
    expect(threads()).toBeGreaterThanOrEqual(before);
    await dismissWorkers();
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before), { timeout: 20_000 });
    expect(await count(make())).toBe(24);
  });

  test("say what went wrong", async () => {
    const unknown = imageOp("ownBlur", {}, (image) => image);
    await expect(count(make({ augment: compose([centreCrop({ size: 8 }), unknown, normalise(rgb)]) }))).rejects.toThrowCode(
      "ERR_AUGMENTATION",
      '"ownBlur"',
      "workers: 0",
    );
    expect(await count(make())).toBe(24);
    expect(downfall(Object.assign(new Error("x"), { code: "ERR_WORKER_OUT_OF_MEMORY" }))).toThrowCode(
      "ERR_DATA_WORKER",
      "workers",
      "batchSize",
    );
    expect(downfall(new TypeError("a slip"))).toThrowCode("ERR_DATA_WORKER", "a slip");
    expect(() => make({ workers: -1 })).toThrowCode("ERR_INVALID_OPTION", "workers", "-1");
    const waiting = expect(count(make())).rejects.toThrowCode("ERR_DATA_WORKER");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await dismissWorkers();
    await waiting;
  });

  test.each([0, 1, 2])(
    "hand an error over with its code and its words, as the main thread throws it: %i workers",
    async (workers) => {
      const tiny = temporary();
      const grey = { width: 5, height: 4, channels: 3, background: "#808080" } as const;
      await sharp({ create: grey }).png().toFile(join(tiny, "tiny.png"));
      const loader = new Loader(unlabelledFolder(tiny), {
        batchSize: 1,
        augment: compose([randomCrop({ size: 40 }), normalise(rgb)]),
        workers,
      });
      await expect(count(loader)).rejects.toThrowCode("ERR_AUGMENTATION", /\brandomCrop\b.*\b40\b.*\b5×4\b/);
      await expect(count(loader)).rejects.toBeInstanceOf(DataError);
    },
  );

  test("hand over the words of an error that was not foreseen", async () => {
    const broken = Object.assign(normalise(rgb), { spec: { op: "normalise" } }); // without the options, of which the workers make it
    const loader = make({ augment: compose([centreCrop({ size: 8 }), broken]) });
    await expect(count(loader)).rejects.toThrowCode("ERR_DATA_WORKER", "mean");
  });

  test("are not used for an operation that nobody else can make, which is said once", async () => {
    const said = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const own: ImageOp = (image) => image;
    for (let time = 0; time < 2; time++) {
      const loader = make({ augment: compose([centreCrop({ size: 8 }), own, normalise(rgb)]) });
      expect([loader.workers, await count(loader)]).toEqual([0, 24]);
    }
    expect(said.mock.calls.filter(([warning]) => /\bworkers\b/.test(String(warning)))).toHaveLength(1);
    said.mockRestore();
  });

  test("take pixels in memory too, and give the same", async () => {
    const grey = normalise({ mean: [0.5], std: [0.5] });
    const pixels = async (workers: number) => {
      const all: number[] = [];
      for await (const { images } of new Loader(toy([9, 8]), { batchSize: 5, augment: grey, shuffle: true, workers }).epoch(3))
        all.push(...images);
      return all;
    };
    expect(await pixels(2)).toEqual(await pixels(0));
    expect(new Loader(toy([3]), { batchSize: 1, augment: grey }).workers).toBe(0);
  });

  test("do not keep a program alive that is done, or that leaves in mid-epoch", async () => {
    const program = `
      import { imageFolder, Loader } from ${JSON.stringify(new URL("../../src/data/index.ts", import.meta.url))};
      import { compose, centreCrop, normalise } from ${JSON.stringify(new URL("../../src/augment/index.ts", import.meta.url))};
      const augment = compose([centreCrop({ size: 8 }), normalise({ mean: [0, 0, 0], std: [1, 1, 1] })]);
      const epoch = new Loader(imageFolder(${JSON.stringify(folder)}), { batchSize: 4, augment, workers: 2 }).epoch(0);
      await epoch.next();
      console.log("one batch");
    `;
    const run = promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      cwd: new URL("../..", import.meta.url),
      timeout: 120_000,
    });
    expect((await run).stdout).toBe("one batch\n");
  });
});

describe("bad pictures", () => {
  test("too many of them end the epoch", async () => {
    const damaged = imageFolder(asFolder(await corpus(24, { damage: true })));
    const loader = new Loader(damaged, { batchSize: 4, augment: plain, workers: 1 });
    await expect(count(loader)).rejects.toThrowCode("ERR_DATA", damaged.name, /\b2\b.*\b33\b.*\b5 %/, /\.(png|jpg)\b/, "maxBad");
  });

  test("are named once over all epochs, and replaced by others with their labels", async () => {
    const damaged = imageFolder(asFolder(await corpus(24, { damage: true })));
    const loader = new Loader(damaged, { batchSize: 33, augment: plain, workers: 0, maxBad: 0.5 });
    const named: string[] = [];
    for (const epoch of [0, 1])
      for await (const { bad, labels } of loader.epoch(epoch)) {
        named.push(...bad.map(({ name }) => name.split("/").at(-1)!));
        expect(labels).toHaveLength(33);
      }
    expect(named.sort()).toEqual(["bomb.png", "drawing.png", "nothing.jpg", "text.jpg", "truncated.jpg", "truncated.png"]);
  });
});
