/** Curves over axes as an SVG, the form of the pictures in docs/. https://www.w3.org/TR/SVG2/ */

export interface Axis {
  label: string;
  from: number;
  to: number;
  /** What is written beside the axis, and where. */
  ticks: readonly { at: number; text: string }[];
  logarithmic?: boolean;
}

export interface Curve {
  name: string;
  colour: string;
  points: readonly (readonly [x: number, y: number])[];
  /** A dot at every point. */
  dots?: boolean;
  dashed?: boolean;
}

export interface Panel {
  x: Axis;
  y: Axis;
  curves: readonly Curve[];
  /** Where the curves leave room for their names. */
  legend: "left" | "right";
}

/** What those are told who cannot see a picture. */
export interface Words {
  title: string;
  description: string;
}

const [HEIGHT, MARGIN, LINE] = [360, 54, 18];

/** Panels side by side, `width` pixels in all. */
export function chart(panels: readonly Panel[], { title, description }: Words, width = 720): string {
  const each = width / panels.length;
  const bodies = panels.map((panel, i) => `<g transform="translate(${i * each} 0)">\n${drawn(panel, each)}\n</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">
<title>${escaped(title)}</title>
<desc>${escaped(description)}</desc>
<rect width="100%" height="100%" fill="#fff"/>
${bodies.join("\n")}
</svg>
`;
}

function drawn({ x, y, curves, legend }: Panel, width: number): string {
  const [left, right, top, bottom] = [MARGIN, width - MARGIN / 2, MARGIN, HEIGHT - MARGIN];
  const across = (value: number) => left + share(x, value) * (right - left);
  const up = (value: number) => bottom - share(y, value) * (bottom - top);
  const lines = curves.map(({ name, colour, points, dots, dashed }, i) => {
    const at = points.map(([a, b]) => [across(a).toFixed(1), up(b).toFixed(1)]);
    const path = `<polyline points="${at.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.2"${dashed ? ' stroke-dasharray="4 3"' : ""}/>`;
    const marks = dots ? at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`).join("") : "";
    const from = legend === "left" ? left + 10 : right - 150;
    return `${path}${marks}<text x="${from}" y="${top + LINE * i}" fill="${colour}">${escaped(name)}</text>`;
  });
  return [
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#888"/>`,
    ...y.ticks.map(
      ({ at, text }) => `<text x="${left - 6}" y="${(up(at) + 4).toFixed(1)}" text-anchor="end">${escaped(text)}</text>`,
    ),
    ...x.ticks.map(
      ({ at, text }) => `<text x="${across(at).toFixed(1)}" y="${bottom + LINE}" text-anchor="middle">${escaped(text)}</text>`,
    ),
    `<text x="${(left + right) / 2}" y="${bottom + 2 * LINE}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text x="${left - 6}" y="${top - LINE}">${escaped(y.label)}</text>`,
    ...lines,
  ].join("\n");
}

/** How far along an axis a value lies, 0 at its begin and 1 at its end. */
function share({ from, to, logarithmic }: Axis, value: number): number {
  const [a, b, v] = logarithmic ? [from, to, value].map(Math.log) : [from, to, value];
  return (v - a) / (b - a);
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
