/** A data set in one number, to tell later whether two runs were given the same. */
import { createHash } from "node:crypto";
import type { Dataset } from "./dataset.js";
import { openPictures } from "./pictures.js";

/** SHA-256 over classes, labels and, in order, the pixels that are in memory or the names of the pictures that are not. */
export function fingerprint({ classes, labels, n, pictures }: Dataset): string {
  const reader = openPictures(pictures);
  const whole = pictures.kind === "part" ? pictures.of : pictures;
  const hash = createHash("sha256").update(JSON.stringify(classes)).update(labels);
  for (let row = 0; row < n; row++) {
    const picture = whole.kind === "pixels" ? reader.read(row) : undefined;
    hash.update(picture && "data" in picture ? picture.data : `${reader.name(row)}\n`);
  }
  return hash.digest("hex");
}
