/** Several runs in one process: side by side or one after another, each is what it is alone, and the program around them is left as it was. */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { saveTensors } from "../../src/checkpoint/index.js";
import { dismissWorkers } from "../../src/data/index.js";
import { none, soft } from "../../src/methods/index.js";
import { loadWeights } from "../../src/models/index.js";
import { Generator, manualSeed, memory, randn, tidy } from "../../src/torch/index.js";
import { openRunFolder, type Recipe, type TrainEvent, type TrainOptions, train } from "../../src/train/index.js";
import { lasting, student } from "./runs.js";
import { master, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-isolation-"));
afterAll(async () => {
  await dismissWorkers();
  rmSync(scratch, { recursive: true });
});
let runs = 0;
const fresh = () => join(scratch, `run-${runs++}`);

interface Wanted {
  recipe: Recipe;
  seed: number;
}

const outcome = (dir: string) => ({ metrics: lasting(dir), student: student(dir).toString("base64") });

async function alone({ recipe, seed }: Wanted, options: TrainOptions = {}) {
  const dir = fresh();
  for await (const _ of train(recipe, { dir, seed, ...options }));
  return outcome(dir);
}

/** Every run takes a turn of so many events, until all are over. */
async function inTurns(wanted: readonly Wanted[], turn: number) {
  const under = wanted.map(({ recipe, seed }) => {
    const dir = fresh();
    return { dir, events: train(recipe, { dir, seed }), over: false };
  });
  while (under.some(({ over }) => !over))
    for (const run of under) for (let i = 0; i < turn && !run.over; i++) run.over = (await run.events.next()).done === true;
  return under.map(({ dir }) => outcome(dir));
}

const { data } = toyRecipe();
const first: Wanted = { recipe: toyRecipe({ epochs: 2, ema: 0.9 }), seed: 1 }; // draws for dropout, drop-path and the method
const second: Wanted = {
  recipe: toyRecipe({ epochs: 2, method: soft({ alpha: 0.5 }), accumulate: { steps: 3, gather: true } }),
  seed: 2,
};

const solo = new Map<Wanted, ReturnType<typeof alone>>();

/** What a run is alone, found once. */
function expected(wanted: Wanted): ReturnType<typeof alone> {
  if (!solo.has(wanted)) solo.set(wanted, alone(wanted));
  return solo.get(wanted)!;
}

describe("runs of one process are what they are alone, bit for bit", () => {
  test.each([
    ["every event in turn", 1],
    ["seven events in turn", 7],
    ["one after another", Number.POSITIVE_INFINITY],
  ])("%s", async (_, turn) => {
    const known = [await expected(first), await expected(second)];
    expect(await inTurns([first, second, first], turn)).toEqual([...known, known[0]]);
  });

  test("at once, with data threads that they share, one in bfloat16", async () => {
    const threaded = { ...first, recipe: { ...first.recipe, data: { ...data, workers: 2 } } };
    const narrow = { ...second, recipe: { ...second.recipe, precision: "bfloat16" as const, data: { ...data, workers: 1 } } };
    const known = [await expected(first), await alone(narrow)]; // the first without threads
    expect(await Promise.all([alone(threaded), alone(narrow)])).toEqual(known);
  });

  test("whatever the program draws meanwhile, and the program draws what it would", async () => {
    const draw = () => tidy(() => randn([3]).data());
    manualSeed(5);
    const numbers = [draw(), draw(), draw()];
    manualSeed(5);
    const drawn = [];
    const dir = fresh();
    for await (const event of train(first.recipe, { dir, seed: first.seed }))
      if (event.kind === "eval" || event.kind === "begin") drawn.push(draw());
    expect(outcome(dir)).toEqual(await expected(first));
    expect(drawn.slice(0, 3)).toEqual(numbers);
  });
});

test("a run's manifest names the weights of its own models, not another run's", async () => {
  const file = join(scratch, "pupil.safetensors");
  tidy(() => saveTensors(file, pupil().stateDict()));
  const trained = toyRecipe({
    epochs: 1,
    student: () => {
      const model = pupil();
      tidy(() => void loadWeights(model, file));
      return model;
    },
  });
  const weights = async (recipe: Recipe) => {
    const dir = fresh();
    for await (const _ of train(recipe, { dir }));
    return Object.keys(openRunFolder(dir).manifest.weights);
  };
  expect(await weights(trained)).toEqual([file]);
  expect(await weights(toyRecipe({ epochs: 1 }))).toEqual([]);
});

describe("a loop that is left early leaves nothing behind", () => {
  test.each<[TrainEvent["kind"]]>([["begin"], ["step"], ["eval"]])("at the first %s", async (kind) => {
    const before = memory();
    const threaded = toyRecipe({ ema: 0.9, data: { ...data, workers: 1 } });
    const dir = fresh();
    for await (const event of train(threaded, { dir })) if (event.kind === kind) break;
    expect(memory()).toEqual(before);
    expect(existsSync(join(dir, "run.lock"))).toBe(false);
  });

  test("nor does one whose reader fails, nor one that never began", async () => {
    const before = memory();
    const reading = async () => {
      for await (const event of train(toyRecipe(), { dir: fresh() })) if (event.kind === "step") throw new Error("reader");
    };
    await expect(reading()).rejects.toThrow("reader");
    train(toyRecipe(), { dir: fresh() });
    await train(toyRecipe(), { dir: fresh() }).return();
    expect(memory()).toEqual(before);
  });
});

test("nothing is printed", async () => {
  const written: string[] = [];
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map(({ write }) => write);
  for (const stream of streams) stream.write = ((text: string) => written.push(text) > 0) as typeof stream.write;
  try {
    await alone({ recipe: toyRecipe({ epochs: 1, teachers: [], method: none() }), seed: 0 });
  } finally {
    streams.forEach((stream, i) => (stream.write = writes[i]));
  }
  expect(written).toEqual([]);
});

test("a stream of the program's own making is as it was", async () => {
  using stream = Generator.default();
  using before = stream.state();
  await alone({ recipe: toyRecipe({ epochs: 1, teachers: [() => master()] }), seed: 0 });
  using after = stream.state();
  expect(after.data()).toEqual(before.data());
});
