/**
 * Whether every entry of a zip is what was written: its content is held against the CRC-32 in the directory. Readers in C++, libtorch's
 * among them, skip that, and take damaged bytes for sizes and places. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { crc32, inflateRawSync } from "node:zlib";
import { type ByteSource, fileSource } from "./byte-source.js";
import { formatError } from "./format-error.js";
import { readZip, type ZipEntry } from "./zip.js";

const START = Buffer.from("PK\x03\x04", "latin1");
const PART = 1 << 20;
const LARGEST_COMPRESSED = 1 << 27; // of what is compressed, bytes that it may become

/** Refuses a file that is no whole zip, in a sentence that names the entry. */
export function checkZip(path: string): void {
  const source = fileSource(path);
  if (source.size < 4 || !START.equals(source.read(0, 4)))
    throw formatError("is no zip, as files of PyTorch are", { where: path });
  for (const [name, entry] of readZip(source))
    if (checksum(source, entry) !== entry.crc32)
      throw formatError(`${JSON.stringify(name.slice(0, 100))} in it is not what was written: its checksum differs`, {
        where: path,
        remedy: "The file is damaged: copy or write it again.",
      });
}

/** Of what an entry holds; null where it cannot even be taken out. */
function checksum(source: ByteSource, entry: ZipEntry): number | null {
  const { begin, length } = entry.locate();
  if (entry.compression === 0) return entry.size === length ? checksumOf(source, begin, length) : null;
  if (entry.compression !== 8 || entry.size > LARGEST_COMPRESSED) return null;
  try {
    const content = inflateRawSync(source.read(begin, length), { maxOutputLength: Math.max(entry.size, 1) });
    return content.length === entry.size ? crc32(content) : null;
  } catch {
    return null;
  }
}

function checksumOf(source: ByteSource, begin: number, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += PART) sum = crc32(source.read(begin + at, Math.min(PART, length - at)), sum);
  return sum;
}
