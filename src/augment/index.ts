/** Image → image and batch → batch. */
export { type CentreCropOptions, centreCrop } from "./centre-crop.js";
export { type ColourJitterOptions, colourJitter } from "./colour-jitter.js";
export { compose } from "./compose.js";
export { flip } from "./flip.js";
export { type MixupOptions, mixup, softTargets } from "./mixup.js";
export { normalise } from "./normalise.js";
export { padCrop } from "./pad-crop.js";
export { evalAugment, type InputView, type TrainAugmentOptions, threeAugmented, trainAugment } from "./published.js";
export { parseRandAugment, type RandAugmentOptions, randAugment } from "./rand-augment.js";
export { randomCrop } from "./random-crop.js";
export { type ErasingMode, type RandomErasingOptions, randomErasing } from "./random-erasing.js";
export { type RandomResizedCropOptions, randomResizedCrop } from "./random-resized-crop.js";
export { type ShorterSideOptions, shorterSide } from "./shorter-side.js";
export { threeAugment } from "./three-augment.js";
