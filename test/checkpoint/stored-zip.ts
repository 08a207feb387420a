/** A zip as PyTorch writes it: entries as they are. With `zip64` every size and place stands in the 64-bit fields. */

interface ZipOptions {
  zip64?: boolean;
  /** The compression that the directory claims. */
  method?: number;
}

const FULL = 0xffffffff;

/** Little-endian fields of 2, 4 or 8 bytes after one another. */
function fields(...parts: readonly (readonly [bytes: number, value: number] | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(part[1]));
      return bytes.subarray(0, part[0]);
    }),
  );
}

export function storedZip(
  entries: Record<string, Uint8Array | string>,
  { zip64 = false, method = 0 }: ZipOptions = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [title, content] of Object.entries(entries)) {
    const [name, data] = [Buffer.from(title), Buffer.from(content)];
    const size = data.length;
    const head = fields([4, 0x04034b50], [8, 0], [8, 0], [6, 0], [2, name.length], [2, 0], name);
    const extra = zip64 ? fields([2, 1], [2, 24], [8, size], [8, size], [8, at]) : new Uint8Array();
    const [short, place] = zip64 ? [FULL, FULL] : [size, at];
    directory.push(
      fields([4, 0x02014b50], [6, 0], [2, method], [4, 0], [4, 0], [4, short], [4, short], [2, name.length], [2, extra.length]),
      fields([8, 0], [2, 0], [4, place], name, extra),
    );
    parts.push(head, data);
    at += head.length + size;
  }
  const central = Buffer.concat(directory);
  const count = Object.keys(entries).length;
  const wide = fields([4, 0x06064b50], [8, 44], [4, 0], [8, 0], [8, count], [8, count], [8, central.length], [8, at]);
  const locator = fields([4, 0x07064b50], [4, 0], [8, at + central.length], [4, 1]);
  const [n, size, begin] = zip64 ? [0xffff, FULL, FULL] : [count, central.length, at];
  const end = fields([4, 0x06054b50], [4, 0], [2, n], [2, n], [4, size], [4, begin], [2, 0]);
  return Buffer.concat([...parts, central, ...(zip64 ? [wide, locator] : []), end]);
}
