/**
 * How the terms of a loss pull at the student: the norm of each term's gradient with respect to its weights, its share of all, and
 * whether it pulls where the task does. A loss of 4e-5 may teach much and one of 40 nothing; the gradient tells.
 *
 * Looked at apart from the step, on the first part of its batch, and taken back entirely: gradients are asked for and not added up, random
 * streams and buffers are restored. Terms that compare pictures see those of the part.
 */

import type { Batch } from "../data/index.js";
import type { WeighedBy } from "../methods/index.js";
import { _foreachMul_, _foreachNorm, grad, noGrad, stack, type Tensor, tidy } from "../torch/index.js";
import { balanceInterval } from "./recipe.js";
import type { BalanceRow, TrainRow } from "./run-folder.js";
import type { Session } from "./session.js";

export type Balance = Pick<BalanceRow, "reference" | "norms" | "shares" | "cosines">;

export interface BalanceEvent {
  kind: "balance";
  /** As it stands in the metrics. */
  row: BalanceRow;
  /** A sentence for each term that does nearly nothing or nearly all, the first time. */
  warnings: string[];
}

/** A share of the pull below which a term does nothing, and one above which it does all. */
const SILENT = 0.001;
const ALONE = 0.99;

/** The terms' gradients for a batch; null where there are not two terms, or one is not finite. The session is as it was. */
export function measureBalance(session: Session, batch: Batch): Balance | null {
  return tidy(() => {
    const before = session.present();
    const pulls = pullsOf(session, batch);
    session.restore(before);
    const { norms } = pulls;
    const sum = Object.values(norms).reduce((sum, norm) => sum + norm, 0);
    if (Object.keys(norms).length < 2 || !Number.isFinite(sum) || sum === 0) return null;
    return { ...pulls, shares: Object.fromEntries(Object.entries(norms).map(([name, norm]) => [name, norm / sum])) };
  });
}

function pullsOf(session: Session, batch: Batch): Omit<Balance, "shares"> {
  const [{ images, targets }] = session.lessons(batch);
  const terms = session.loss(session.look(images), targets);
  const weights = session.student.parameters().filter(({ requiresGrad }) => requiresGrad);
  const scale = session.scaler?.scale ?? 1;
  const gradientsOf = (term: Tensor) => grad([session.scaled(term)], weights, { retainGraph: true, allowUnused: true });

  const reference = "task" in terms ? "task" : Object.keys(terms)[0];
  const along = gradientsOf(terms[reference]);
  const length = normOf(along);
  const norms: Record<string, number> = {};
  const cosines: Record<string, number> = {};
  for (const [name, term] of Object.entries(terms)) {
    tidy(() => {
      const gradients = gradientsOf(term);
      const norm = normOf(gradients);
      norms[name] = Number.isFinite(term.item()) ? norm / scale : Number.NaN; // log of a negative has a slope
      cosines[name] = name === reference ? 1 : dot(gradients, along) / (norm * length || 1);
    });
  }
  return { reference, norms, cosines };
}

function normOf(gradients: readonly (Tensor | null)[]): number {
  const found = gradients.filter((gradient) => gradient !== null);
  return found.length === 0 ? 0 : stack(_foreachNorm(found)).norm().item();
}

/** Writes over `a`. */
function dot(a: readonly (Tensor | null)[], b: readonly (Tensor | null)[]): number {
  const pairs = a.flatMap((own, i) => (own && b[i] ? [[own, b[i]] as const] : []));
  if (pairs.length === 0) return 0;
  const products = pairs.map(([own]) => own);
  noGrad(() =>
    _foreachMul_(
      products,
      pairs.map(([, other]) => other),
    ),
  );
  return stack(products.map((product) => product.sum()))
    .sum()
    .item();
}

/** A run's looks at the balance of its terms. */
export class BalanceWatch {
  readonly #session: Session;
  readonly #every: number;
  readonly #warned = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
    this.#every = balanceInterval(session.recipe);
  }

  /** After a step; null where no look is due or there is nothing to see. */
  look(batch: Batch, { step, epoch, terms }: Pick<TrainRow, "step" | "epoch" | "terms">): BalanceEvent | null {
    if (this.#every === 0 || step % this.#every !== 0 || Object.keys(terms).length < 2) return null;
    const balance = measureBalance(this.#session, batch);
    if (balance === null) return null;
    const told = Object.keys(balance.norms).filter((name) => isExtreme(balance, name) && !this.#warned.has(name));
    for (const name of told) this.#warned.add(name);
    const { weighedBy } = this.#session.method;
    return {
      kind: "balance",
      row: { kind: "balance", step, epoch, time: Date.now(), ...balance },
      warnings: told.map((name) => `step ${step}: ${warning(balance, name, weighedBy[name])}`),
    };
  }
}

/** Of a term that does nothing and one that does all, the first is told. */
function isExtreme({ shares }: Balance, name: string): boolean {
  const isAnySilent = Object.values(shares).some((share) => share < SILENT);
  return shares[name] < SILENT || (shares[name] > ALONE && !isAnySilent);
}

/** `the term intra has 0.02 % of the gradient (norm 1.3e-5 of 0.071 in all); weights.intra: 7300 instead of 4 would give it an equal share` */
export function warning({ norms, shares }: Balance, name: string, weighedBy: WeighedBy | undefined): string {
  const all = Object.values(norms).reduce((sum, norm) => sum + norm, 0);
  const others = (all - norms[name]) / (Object.keys(norms).length - 1);
  const has = `the term ${name} has ${(100 * shares[name]).toPrecision(3)} % of the gradient (norm ${short(norms[name])} of ${short(all)} in all)`;
  if (norms[name] === 0) return `${has}: it teaches nothing`;
  return `${has}; ${remedy(others / norms[name], weighedBy)} would give it an equal share`;
}

function remedy(factor: number, weighedBy: WeighedBy | undefined): string {
  if (!weighedBy) return `${short(factor)} times its weight`;
  const { option, weight, share } = weighedBy;
  if (!share) return `${option}: ${short(weight * factor)} instead of ${short(weight)}`;
  const odds = (factor * weight) / (1 - weight); // against the term that has the rest
  const own = odds / (1 + odds);
  const [value, before] = share === "own" ? [own, weight] : [1 - own, 1 - weight];
  return `${option}: ${short(value)} instead of ${short(before)}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
