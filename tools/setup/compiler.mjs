/** make and g++, which compile the addon. */
import { aptInstall, hasApt } from "./apt.mjs";
import { output } from "./command.mjs";
import { Refusal } from "./refusal.mjs";

const tools = ["make", "g++"];
const missing = () => tools.filter((tool) => output(tool, ["--version"]) === null);

export function compiler(say) {
  if (missing().length && hasApt()) aptInstall(missing(), say);
  if (missing().length)
    throw new Refusal(`${missing().join(" and ")} not found: install GNU make and g++ (C++17) and run again.`);
  return { text: output("g++", ["--version"]).split("\n")[0] };
}
