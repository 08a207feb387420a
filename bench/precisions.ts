/** In which precisions anything is measured on this machine, and under VIT_DISTILL_CPU, which caps both sides: PyTorch reads the same variables. */
import { capCpu } from "../src/torch/cpu.js";
import type { Precision } from "./bound.js";
import type { Missing } from "./form.js";

const choice = capCpu(); // before any program starts, so that each gets the environment that was settled

/** The instruction set that both sides use. */
export const isa = choice.isa;

export const hasBfloat16 = choice.bfloat16;

/** The fastest first. */
export const precisions: readonly Precision[] = hasBfloat16 ? ["bf16", "fp32"] : ["fp32"];

/** Of a row that is about bfloat16. */
export const noBfloat16 = (name: string): Missing => ({ name, why: `the instruction set ${isa} does not multiply bfloat16` });
