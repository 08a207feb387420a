/** `vit-distill methods`: every method by name, with what it does and where it comes from. */
import { Command } from "commander";
import { table } from "./table.js";

export const methods = new Command("methods")
  .description("list the distillation methods")
  .option("--json", "print JSON")
  .action(async ({ json }: { json?: boolean }) => {
    const registry = await import("../methods/index.js");
    const entries = Object.entries(registry.methods).map(([name, { summary, source }]) => ({ name, summary, source }));
    if (json) console.log(JSON.stringify(entries, null, 2));
    else
      console.log(
        table(
          ["method", "what it does", "source"],
          entries.map(({ name, summary, source }) => [name, summary, source]),
        ),
      );
  });
