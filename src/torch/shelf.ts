/** Room for what nobody reads for long. */

import { addon } from "./addon.js";
import type { Tensor } from "./tensor.js";

/**
 * Puts the numbers of tensors on a CPU into nameless files in TMPDIR (/var/tmp unless told), where they need no memory until they
 * are read, and lets go of them again once an operator that keeps a form of its own has taken it from them. They stay what they
 * were, views and all. Small tensors, and those that borrowed their memory, stay in it; so do all where a file cannot be written.
 */
export function shelve(tensors: Iterable<Tensor>): void {
  const directory = process.env.TMPDIR ?? "/var/tmp";
  for (const { handle } of tensors) addon.shelve(handle, directory);
}
