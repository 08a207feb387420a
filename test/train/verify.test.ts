/** The step after a checkpoint is on record; replayed, it is the same to the last bit, and whatever was lost on the way shows. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint, type TensorGroups } from "../../src/checkpoint/index.js";
import { defineMethod } from "../../src/methods/index.js";
import { klDiv, Linear } from "../../src/nn/index.js";
import { sgd } from "../../src/optim/index.js";
import { memory, tensor, tidy } from "../../src/torch/index.js";
import { openRunFolder, type Recipe, type TrainEvent, type TrainOptions, train, verifyRun } from "../../src/train/index.js";
import { pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-verify-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A student that draws, an average, a projection of the method's own that draws too. */
const whole = (change: Partial<Recipe> = {}): Recipe =>
  toyRecipe({
    epochs: 1,
    ema: 0.9,
    method: defineMethod({
      name: "projected",
      extras: () => new Linear(3, 3),
      loss: ({ student, teacher }, projection) => ({ soft: klDiv(student.logits.pipe(projection), teacher.logits) }),
    }),
    keep: { last: 2, every: 1e9, best: false },
    ...change,
  });

interface RunOptions extends TrainOptions {
  stopAfter?: number;
}

async function run(recipe: Recipe, { stopAfter, ...options }: RunOptions = {}): Promise<{ dir: string; events: TrainEvent[] }> {
  const dir = options.resume ?? mkdtempSync(join(scratch, "run-"));
  const controller = new AbortController();
  const where = options.resume ? {} : { dir };
  const events: TrainEvent[] = [];
  for await (const event of train(recipe, { seed: 4, doctor: false, ...where, ...options, signal: controller.signal })) {
    events.push(event);
    if (event.kind === "step" && event.step === stopAfter) controller.abort();
  }
  return { dir, events };
}

const notesOf = (events: TrainEvent[]) => events.flatMap((event) => (event.kind === "note" ? [event.text] : []));
const files = (dir: string) => Object.fromEntries(readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "base64")])); // biome-ignore format: one expression

/** Stopped after two steps, gone on for one: a checkpoint at 2, the step after it on record, and a checkpoint at 3. */
async function threeSteps(change: Partial<Recipe> = {}): Promise<string> {
  const { dir } = await run(whole(change), { stopAfter: 2 });
  await run(whole(change), { resume: dir, stopAfter: 3 });
  return dir;
}

const variants: [string, Partial<Recipe>][] = [
  ["AdamW", {}],
  ["SGD with momentum, clipped", { optimizer: sgd({ lr: 0.05, momentum: 0.9 }), clip: 0.5 }],
  ["bfloat16, in parts", { precision: "bfloat16", accumulate: 3 }],
  ["bfloat16, by whole blocks", { precision: "bfloat16", student: () => pupil({ dropPath: 0.2 }) }],
];
test.each(variants)(
  "the step after the last checkpoint that one follows is replayed, and nothing is touched: %s",
  async (_, change) => {
    const dir = await threeSteps(change);
    const [before, tensors] = [files(dir), memory().tensors];
    const proof = await verifyRun(dir, { recipe: whole(change) });
    expect(proof).toMatchObject({ step: 3, checkpoint: "checkpoints/step-00000002.json", same: true });
    expect(proof.notes).toEqual([expect.stringMatching(/\b3\b/)]);
    expect(proof.compared.map(({ what }) => what)).toEqual(["soft", "loss", "gradient norm", "learning rate", "student", "extras", "ema", "optimizer", "random"]); // biome-ignore format: one list
    expect(proof.compared.every(({ same, recorded }) => same && recorded !== undefined)).toBe(true);
    expect(files(dir)).toEqual(before);
    expect(memory().tensors).toBe(tensors);
  },
);

test("a run that has no checkpoint but its last is replayed from its beginning", async () => {
  const { dir } = await run(whole());
  await expect(verifyRun(dir, { recipe: whole() })).resolves.toMatchObject({ step: 1, checkpoint: null, same: true });
});

test("a run that began with other weights, too, and not if the file is another now", async () => {
  const { dir: first } = await run(whole());
  const { dir } = await run(whole(), { init: first });
  await expect(verifyRun(dir, { recipe: whole() })).resolves.toMatchObject({ step: 1, same: true });
  const { file } = openRunFolder(dir).manifest.init!;
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(file, bytes);
  await expect(verifyRun(dir, { recipe: whole() })).rejects.toThrowCode("ERR_RECIPE_CHANGED", file);
});

test("resumed before its first checkpoint, a run begins with the same weights again", async () => {
  const { dir: first } = await run(whole());
  const { dir: other } = await run(whole(), { init: first });
  const { dir } = await run(whole(), { init: first, stopAfter: 1 });
  for (const name of readdirSync(join(dir, "checkpoints"))) {
    if (!name.endsWith(".next.json")) rmSync(join(dir, "checkpoints", name));
  }
  const { events } = await run(whole(), { resume: dir });
  expect(events[0]).toMatchObject({
    kind: "begin",
    step: 0,
    notes: [expect.any(String), expect.stringContaining(first)],
  });
  expect(notesOf(events)).toEqual([]);
  expect(readFileSync(openRunFolder(dir).student).equals(readFileSync(openRunFolder(other).student))).toBe(true);
});

describe("a checkpoint that lost", () => {
  type Loss = (groups: TensorGroups, state: { parts: { optimizer: Record<string, number> } }) => void;
  const zero = (map: Map<string, { zero_(): unknown }>) => map.forEach((tensor) => tensor.zero_());
  const losses: [string, Loss, string[]][] = [
    ["the average", ({ ema, student }) => ema.forEach((tensor, key) => tensor.copy_(student.get(key)!)), ["ema"]],
    ["the optimizer's moments", ({ optimizer }) => zero(optimizer), ["student", "extras", "ema", "optimizer"]],
    [
      "the optimizer's step counts",
      (_, { parts }) => Object.keys(parts.optimizer).forEach((key) => (parts.optimizer[key] = 0)),
      ["student", "extras", "ema", "optimizer"],
    ],
    ["the projection", ({ extras }) => zero(extras), ["soft", "loss", "gradient norm", "student", "extras", "ema", "optimizer"]],
    [
      "the random streams",
      ({ random }) => {
        const state = random.get("default")!; // the state of a Mersenne twister: its seed is the first word
        const other = state.data() as Uint8Array;
        other.fill(1, 40, 400);
        state.copy_(tensor(other, { dtype: "uint8" }));
      },
      ["soft", "loss", "gradient norm", "student", "extras", "ema", "optimizer", "random"],
    ],
  ];
  test.each(losses)("%s: verify says what is not the same, and a resume says so as well", async (_, lose, apart) => {
    const dir = await threeSteps();
    const checkpoints = join(dir, "checkpoints");
    const path = join(checkpoints, "step-00000002.json");
    tidy(() => {
      const { groups, state } = loadCheckpoint<never>(path);
      lose(groups, state);
      saveCheckpoint(path, groups, state);
    });
    const { same, compared } = await verifyRun(dir, { recipe: whole() });
    expect(same).toBe(false);
    expect(compared.filter(({ same }) => !same).map(({ what }) => what)).toEqual(apart);

    for (const name of readdirSync(checkpoints).filter((name) => name.startsWith("step-00000003")))
      rmSync(join(checkpoints, name));
    const [note] = notesOf((await run(whole(), { resume: dir })).events);
    expect(note).toMatch(/\b3\b.* → /);
  });
});

test("the place in the schedule, the epoch and the batch follow from the step: a checkpoint that says another is caught", async () => {
  const dir = await threeSteps();
  const path = join(dir, "checkpoints", "step-00000002.json");
  const record = join(dir, "checkpoints", "step-00000002.next.json");
  const other = join(dir, "checkpoints", "step-00000001.next.json");
  writeFileSync(other, readFileSync(record));
  tidy(() => {
    const { groups, state } = loadCheckpoint<object>(path);
    saveCheckpoint(path.replace("2.json", "1.json"), groups, { ...state, step: 1 });
  });
  for (const name of readdirSync(join(dir, "checkpoints")))
    if (/step-0000000[23]/.test(name)) rmSync(join(dir, "checkpoints", name));
  const { same, compared } = await verifyRun(dir, { recipe: whole() });
  expect(same).toBe(false);
  expect(compared.find(({ what }) => what === "learning rate")!.same).toBe(false);
});

test("another recipe is refused: it would be another step", async () => {
  const dir = await threeSteps();
  await expect(verifyRun(dir, { recipe: whole({ clip: 1 }) })).rejects.toThrowCode("ERR_RECIPE_CHANGED", /\bclip: .* → 1/);
});

test("a damaged checkpoint is passed over, aloud; a torn record is none", async () => {
  const dir = await threeSteps();
  const file = join(dir, "checkpoints", "step-00000002.safetensors");
  writeFileSync(file, readFileSync(file).subarray(0, -1));
  const proof = await verifyRun(dir, { recipe: whole() });
  expect(proof).toMatchObject({ step: 1, checkpoint: null, same: true });
  expect(proof.notes[1]).toMatch(/\bstep-00000002\.safetensors\b.*\b\d+\b.*\b\d+\b/);
  const first = join(dir, "checkpoints", "step-00000000.next.json");
  writeFileSync(first, readFileSync(first, "utf8").replace('"soft"', '"hard"'));
  await expect(verifyRun(dir, { recipe: whole() })).rejects.toThrowCode("ERR_REPLAY", dir);
});

test("records go with their checkpoints", async () => {
  const { dir } = await run(whole({ keep: { last: 1, every: 0, best: false } }), { stopAfter: 4 });
  const records = readdirSync(join(dir, "checkpoints")).filter((name) => name.endsWith(".next.json"));
  expect(records.length).toBeLessThanOrEqual(2);
  expect(existsSync(join(dir, "checkpoints", "step-00000000.next.json"))).toBe(true);
});
