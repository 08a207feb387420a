/** Debian's and Ubuntu's packages: installed as root or by sudo without a password, otherwise named in one command to type. */
import { existsSync } from "node:fs";
import { output, run } from "./command.mjs";
import { Refusal } from "./refusal.mjs";

const aptGet = "/usr/bin/apt-get";
const options = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"];
let updated = false;

export const hasApt = () => existsSync(aptGet);

/** The words before `apt-get` with which this user may install, or null. */
function asRoot() {
  if (process.getuid() === 0) return [];
  return output("sudo", ["-n", "true"]) === null ? null : ["sudo", "-n"];
}

const commandToType = (packages) =>
  `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`;

function aptGetRun(prefix, args, advice) {
  const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", aptGet, ...options, ...args];
  run(command, rest, { log: `apt-${args[0]}`, advice });
}

/** Whether the lists that are here name the package. */
export const knows = (name) => /Candidate: \d/.test(output("apt-cache", ["policy", name]) ?? "");

/** Whether apt offers the package, by lists brought up to date where this user may; without any lists the answer is yes. */
export function aptOffers(name, say) {
  const prefix = asRoot();
  if (prefix) aptUpdate(prefix, say, "Check the network and apt's sources, then run again.");
  return knows(name) || !knows("python3-venv");
}

function aptUpdate(prefix, say, advice) {
  if (updated) return;
  say("apt-get updates its lists");
  aptGetRun(prefix, ["update"], advice);
  updated = true;
}

/** Installs packages, or refuses with the one command to type, which may name `others` that set-up would miss next. */
export function aptInstall(packages, say, others = []) {
  if (!hasApt()) throw new Refusal(`${packages.join(", ")} cannot be installed: there is no apt-get here.`);
  const prefix = asRoot();
  if (!prefix)
    throw new Refusal(`Packages are missing and installing them needs root. Type: ${commandToType([...packages, ...others])}`);
  const advice = `Check the network and apt's sources, then run again, or type: ${commandToType(packages)}.`;
  aptUpdate(prefix, say, advice);
  say(`apt-get installs ${packages.join(" ")}`);
  aptGetRun(prefix, ["install", "-y", "--no-install-recommends", ...packages], advice);
}
