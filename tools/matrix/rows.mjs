/** The rows of the matrix: { name, summary, absent?: why it cannot be run here, programs(filters): Node.js programs that end with a closing line }. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { libtorchAddon } from "./libtorch-addon.mjs";

const suite = (filters, env) => ({ name: "the tests", args: ["tools/test/suite.mjs", ...filters], env });
const program = (name, file, ...args) => ({ name, args: ["--import", "tsx", file, ...args] });

/** From the lowest up, as in native/cpu.h. */
const isas = ["portable", "avx2", "avx512", "avx512bf16", "amx"];

const { processorIsa } = createRequire(import.meta.url)(join(import.meta.dirname, "../../native/build/vit_distill.node")).info();

/** What depends on the instruction set. */
const numeric = ["torch", "nn", "optim", "methods", "models", "golden", "augment", "data"].map((folder) => `test/${folder}/`);

const capped = (isa) => ({
  name: isa,
  summary: `VIT_DISTILL_CPU=${isa}`,
  absent: () => (isas.indexOf(isa) > isas.indexOf(processorIsa) ? `this processor has ${processorIsa}` : undefined),
  programs: (filters) => {
    const everything = isa === "avx2"; // most processors' level: also from end to end
    const env = { VIT_DISTILL_CPU: isa };
    return [
      suite(filters.length || everything ? filters : numeric, env),
      ...(filters.length ? [] : [{ ...program("golden values", "tools/golden.ts"), env }]),
    ];
  },
});

export const rows = [
  ...isas.map(capped),
  {
    name: "torch2",
    summary: "PyTorch's libtorch of today (npm run test:torch2)",
    programs: (filters) => {
      const env = libtorchAddon();
      return [suite(filters, env), ...(filters.length ? [] : [{ ...program("golden values", "tools/golden.ts"), env }])];
    },
  },
  {
    name: "recipes",
    summary: "every recipe runs, in small",
    programs: () => [suite(["test/e2e/recipes"], { VIT_DISTILL_RECIPES: "all" })],
  },
  {
    name: "install",
    summary: "the package from its tarball, in an empty folder",
    programs: () => [{ name: "install", args: ["tools/matrix/install.mjs"] }],
  },
  {
    name: "fuzz",
    summary: "damaged files and wrong arguments, ten times as many as in npm test",
    programs: () => [
      suite(["fuzz.test", "hostile", "test/torch/errors", "damaged"], { VIT_DISTILL_FUZZ: "10", VIT_DISTILL_DAMAGED: "3000" }),
    ],
  },
  {
    name: "kills",
    summary: "a run killed at 50 random moments is the run that nobody disturbed, bit for bit",
    programs: () => [{ ...program("kills", "test/faults/main.ts", "--kills", "50"), counts: false }],
  },
  {
    name: "sanitize",
    summary: "the native code under AddressSanitizer and UndefinedBehaviorSanitizer",
    programs: () => [{ name: "sanitizers", args: ["tools/sanitize.mjs"] }],
  },
];
