/** The teachers that the recipes of this folder trained, kept in weights/ so that a student can begin at once. */

import { fileURLToPath } from "node:url";
import { loadTensors, loadWeights, type Model, tidy } from "vit-distill";

export const shipped = <M extends Model>(model: M, name: string): M => {
  const file = fileURLToPath(new URL(`../../weights/${name}.safetensors`, import.meta.url));
  tidy(() => {
    loadWeights(model, loadTensors(file));
  });
  return model;
};
