/** What our side runs on, and with how many threads; both sides of a comparison are asked. */
import { engineInfo } from "vit-distill/torch";

export function describe(): { torch: string; threads: number } {
  const { libtorch, threads } = engineInfo();
  return { torch: libtorch, threads };
}
