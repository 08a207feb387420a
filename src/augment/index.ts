/** Image → image and batch → batch. */
export { type ColourJitterOptions, colourJitter } from "./colour-jitter.js";
export { compose } from "./compose.js";
export { flip } from "./flip.js";
export { type MixupOptions, mixup, softTargets } from "./mixup.js";
export { normalise } from "./normalise.js";
export { padCrop } from "./pad-crop.js";
export { parseRandAugment, type RandAugmentOptions, randAugment } from "./rand-augment.js";
export { type ErasingMode, type RandomErasingOptions, randomErasing } from "./random-erasing.js";
export { threeAugment } from "./three-augment.js";
