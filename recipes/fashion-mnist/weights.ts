/** The teachers that the recipes of this folder trained, kept in weights/ so that a student can begin at once. */

import { fileURLToPath } from "node:url";
import { loadWeights, type Model } from "vit-distill";

export const shipped = <M extends Model>(model: M, name: string): M =>
  loadWeights(model, fileURLToPath(new URL(`../../weights/${name}.safetensors`, import.meta.url)));
