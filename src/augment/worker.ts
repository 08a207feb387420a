/** What a data worker runs: the loader's thread, with this folder's ops to choose from. */

import { DataError, type ImageOp, type OpSpec } from "../data/index.js";
import { serve } from "../data/thread.js";
import { compose } from "./compose.js";
import * as ops from "./index.js";

const factories = ops as unknown as Record<string, (options: unknown) => ImageOp>;

function make({ op, options }: OpSpec): ImageOp {
  if (Object.hasOwn(factories, op)) return factories[op](options);
  throw new DataError(
    "ERR_AUGMENTATION",
    `The operation "${op}" is not one of vit-distill's, so that no data worker can make it: say workers: 0.`,
  );
}

serve((specs) => compose(specs.map(make)));
