/** Members of a tar archive, written one by one. */

const BLOCK = 512;

/** Header and padded content of an ordinary file; names of up to 100 bytes. */
export function tarEntry(name: string, content: Uint8Array): Buffer {
  const entry = Buffer.alloc(BLOCK * (1 + Math.ceil(content.length / BLOCK)));
  entry.write(name, 0);
  entry.write("0000644\0", 100);
  entry.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  entry.write("00000000000\0        0", 136);
  entry.write("ustar\x0000", 257);
  const sum = entry.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  entry.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  entry.set(content, BLOCK);
  return entry;
}
