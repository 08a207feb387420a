/** Small models, and a method of distillation called on a batch of them. */

import { defineMethod, type LossInput, type Method, type Players, type Terms } from "../../src/methods/index.js";
import { cait, coadvise, convNet, type Model, swin, vit } from "../../src/models/index.js";
import { Generator, manualSeed, noGrad, randint, randn, type Tensor, tidy } from "../../src/torch/index.js";

const size = { imgSize: 16, inChannels: 1, numClasses: 5, patchSize: 4 };
export const toyStudent = (options = {}) => vit({ ...size, name: "toy_vit", embedDim: 12, depth: 4, heads: 2, ...options });
export const toyTeacher = (options = {}) =>
  cait({ ...size, name: "toy_cait", embedDim: 20, depth: 4, heads: 2, initScale: 0.1, ...options });

/** 8×8 patches in its first two blocks, 4×4 in its last two. */
export const toySwin = (options = {}) =>
  swin({ ...size, name: "toy_swin", patchSize: 2, embedDim: 6, depths: [2, 2], heads: [1, 2], windowSize: 4, ...options });

/** 16×16, then 8×8. */
export const toyConvNet = (options = {}) =>
  convNet({ imgSize: 16, inChannels: 1, numClasses: 5, name: "toy_convnet", widths: [4, 8], blocks: 1, ...options });
export const toyCoadvise = (options = {}) =>
  coadvise({ ...size, name: "toy_coadvise", embedDim: 12, depth: 2, heads: 2, stemWidth: 32, ...options });

export const playersOf = (student: Model, ...teachers: Model[]): Players => ({
  student: student.info,
  teacher: teachers[0]?.info,
  teachers: teachers.map(({ info }) => info),
});

export interface Lesson {
  student: Model;
  /** The first of `teachers`. */
  teacher: Model;
  teachers: readonly Model[];
  terms: Terms;
  input: LossInput;
}

export interface LessonOptions {
  student?: () => Model;
  teachers?: readonly (() => Model)[];
  batch?: number;
}

/** One forward pass of all, the method's terms, and everything freed at the end. */
export function lesson(
  method: Method,
  look: (lesson: Lesson) => void,
  { student = toyStudent, teachers = [toyTeacher], batch = 6 }: LessonOptions = {},
): void {
  manualSeed(3);
  const pupil = student().train();
  const masters = teachers.map((make) => make().eval().requiresGrad_(false));
  using generator = Generator.seeded(5);
  try {
    tidy(() => {
      const players = playersOf(pupil, ...masters);
      method.check(players);
      const images = randn([batch, 1, 16, 16]);
      const taps = method.taps(players);
      const lessons = noGrad(() => masters.map((master, i) => master.forward(images, { taps: i === 0 ? taps.teacher : [] })));
      const input: LossInput = {
        student: pupil.forward(images, { taps: taps.student }),
        teacher: lessons[0],
        teachers: lessons,
        targets: randint(0, 5, [batch]),
        players,
        generator,
      };
      look({ student: pupil, teacher: masters[0], teachers: masters, terms: method.loss(input, method.extras(players)), input });
    });
  } finally {
    pupil.dispose();
    for (const master of masters) master.dispose();
  }
}

export const total = (terms: Terms): Tensor => Object.values(terms).reduce((sum, term) => sum.add(term));

/** A method whose only use is its parts. */
export const silent = defineMethod({ name: "silent", loss: () => ({}) });
