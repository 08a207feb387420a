/**
 * What a recipe's first teacher still knows when it sees a share of the patches: its top-1 on the validation pictures, with the patches that
 * a student attends to, with those that its own class token does, and with drawn ones.
 * Command: node --import tsx tools/masked-accuracy.ts RECIPE [student.safetensors]
 */

import { type Batch, Generator, loadRecipe, loadTensors, loadWeights, type Model, noGrad, Session, type Tensor, tensor, tidy } from "vit-distill"; // biome-ignore format: one import
import { choosePatches, type MaskedTeacher } from "../src/train/masked-teacher.js";

const SHARES = [0.75, 0.5, 0.25];

const [file, weights] = process.argv.slice(2);
const recipe = await loadRecipe(file, { smoke: false, seed: 0 });
using session = Session.open({ ...recipe, precision: "float32" }, { seed: 0, device: "cpu" });
using generator = Generator.seeded(0);
const { student, teachers: [teacher] } = session; // biome-ignore format: two models
student.eval();
if (weights)
  tidy(() => {
    loadWeights(student, loadTensors(weights));
  });

const sums = new Map<string, number>();
let pictures = 0;
for await (const batch of session.evaluationLoader("val")!.epoch(0)) tidy(() => noGrad(() => look(batch)));
for (const [seen, right] of sums) console.log(`${seen.padEnd(24)} ${((100 * right) / pictures).toFixed(2)}`);

function look({ images: pixels, shape, labels }: Batch): void {
  const images = tensor(pixels, { shape }); // [B, C, H, W]
  const truth = tensor(labels); // [B]
  const count = (seen: string, logits: Tensor) => {
    const right = logits.argmax({ dim: -1 }).eq(truth).sum().item();
    sums.set(seen, (sums.get(seen) ?? 0) + right);
  };
  const guides: [string, Model][] = [["student", student], ["teacher", teacher]]; // biome-ignore format: two models
  const maps = guides.map(([who, model]) => {
    const { logits, saliency } = model.forward(images, { saliency: true });
    count(`${who}, whole pictures`, logits);
    return { who, sight: { student: model.info, saliency, generator } };
  });
  for (const keep of SHARES) {
    const under = (by: MaskedTeacher["by"], { who, sight }: (typeof maps)[number]) =>
      count(
        `${who} ${keep}`,
        teacher.forward(images, { patches: choosePatches({ keep, by }, teacher.info, images, sight) }).logits,
      );
    for (const map of maps) under("attention", { ...map, who: `by the ${map.who}` });
    under("random", { ...maps[0], who: "at random" });
  }
  pictures += labels.length;
}
