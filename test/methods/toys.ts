/** Small models and batches for the methods' tests. */

import { defineMethod, type LossInput, type Method, type Players, type Terms } from "../../src/methods/index.js";
import { cait, type Model, vit } from "../../src/models/index.js";
import { Generator, manualSeed, noGrad, randint, randn, type Tensor, tidy } from "../../src/torch/index.js";

const size = { imgSize: 16, inChannels: 1, numClasses: 5, patchSize: 4 };
export const toyStudent = (options = {}) => vit({ ...size, name: "toy_vit", embedDim: 12, depth: 4, heads: 2, ...options });
export const toyTeacher = (options = {}) =>
  cait({ ...size, name: "toy_cait", embedDim: 20, depth: 4, heads: 2, initScale: 0.1, ...options });

export const playersOf = (student: Model, ...teachers: Model[]): Players => ({
  student: student.info,
  teacher: teachers[0]?.info,
  teachers: teachers.map(({ info }) => info),
});

export interface Lesson {
  student: Model;
  teacher: Model;
  terms: Terms;
  input: LossInput;
}

/** One forward pass of both, the method's terms, and everything freed at the end. */
export function lesson(
  method: Method,
  look: (lesson: Lesson) => void,
  { student = toyStudent, teacher = toyTeacher, batch = 6 } = {},
): void {
  manualSeed(3);
  const [pupil, master] = [student().train(), teacher().eval().requiresGrad_(false)];
  using generator = Generator.seeded(5);
  try {
    tidy(() => {
      const players = playersOf(pupil, master);
      method.check(players);
      const images = randn([batch, 1, 16, 16]);
      const taps = method.taps(players);
      const lessons = [noGrad(() => master.forward(images, { taps: taps.teacher }))];
      const input: LossInput = {
        student: pupil.forward(images, { taps: taps.student }),
        teacher: lessons[0],
        teachers: lessons,
        targets: randint(0, 5, [batch]),
        players,
        generator,
      };
      look({ student: pupil, teacher: master, terms: method.loss(input, method.extras(players)), input });
    });
  } finally {
    pupil.dispose();
    master.dispose();
  }
}

export const total = (terms: Terms): Tensor => Object.values(terms).reduce((sum, term) => sum.add(term));

/** A method whose only use is its parts. */
export const silent = defineMethod({ name: "silent", loss: () => ({}) });
