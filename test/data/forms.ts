/** One small corpus in every form that pictures come in, in folders that are gone when the tests of a file are over. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { parquetWriteBuffer } from "hyparquet-writer";
import { pack } from "tar-stream";
import { afterAll } from "vitest";
import { naturally } from "../../src/data/formats/classes.js";
import { damagedFiles, drawFile, oddFiles } from "../../tools/corpus/pictures.js";

export interface Member {
  label: number;
  name: string;
  bytes: Uint8Array;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Removed after the tests of a file. */
export function temporary(): string {
  folders.push(mkdtempSync(join(tmpdir(), "vit-distill-data-")));
  return folders.at(-1)!;
}

export const classNames = ["class 1", "class 2", "class 10"];

/** Pictures in the order of a folder: by class, then by name. `damage` adds every kind of damaged file, and of odd ones all but the very large. */
export async function corpus(pictures: number, { damage = false, most = 64 } = {}): Promise<Member[]> {
  const classes = classNames.length;
  const drawn = await Promise.all(Array.from({ length: pictures }, (_, i) => drawFile(i, { seed: 1, classes, most })));
  const planted = damage ? Object.entries({ ...(await oddFiles({ most: 2 ** 16 })), ...(await damagedFiles()) }) : [];
  const members = [
    ...drawn.map(({ name, bytes }, i) => ({ label: i % classes, name, bytes })),
    ...planted.map(([name, bytes], i) => ({ label: i % classes, name, bytes })),
  ];
  return members.sort((a, b) => a.label - b.label || naturally(a.name, b.name));
}

export function asFolder(members: Member[], folder = temporary()): string {
  for (const name of classNames) mkdirSync(join(folder, name), { recursive: true });
  for (const { label, name, bytes } of members) writeFileSync(join(folder, classNames[label], name), bytes);
  return folder;
}

/** A table beside the pictures of `asFolder`. */
export function asTable(members: Member[], kind: "csv" | "jsonl" = "csv"): string {
  const folder = asFolder(members);
  const rows = members.map(({ label, name }) => ({ path: `${classNames[label]}/${name}`, label: classNames[label] }));
  const csv = ["path,label", ...rows.map(({ path, label }) => `"${path}",${label}`)];
  const path = join(folder, `pictures.${kind}`);
  writeFileSync(path, kind === "csv" ? csv.join("\n") : rows.map((row) => JSON.stringify(row)).join("\n"));
  return path;
}

/** Shards of `perShard` samples: a picture and its label each. */
export async function asTar(members: Member[], perShard = 7): Promise<string> {
  const folder = temporary();
  const shards = Math.ceil(members.length / perShard);
  for (let shard = 0; shard < shards; shard++) {
    const archive = pack();
    members.slice(shard * perShard, (shard + 1) * perShard).forEach(({ label, name, bytes }, i) => {
      const key = String(shard * perShard + i).padStart(6, "0");
      archive.entry({ name: `${key}${name.slice(name.lastIndexOf("."))}` }, Buffer.from(bytes));
      archive.entry({ name: `${key}.cls` }, `${label}`);
    });
    archive.finalize();
    writeFileSync(join(folder, `shard-${String(shard).padStart(3, "0")}.tar`), await buffer(archive));
  }
  return join(folder, `shard-{000..${String(shards - 1).padStart(3, "0")}}.tar`);
}

/** Files of `perFile` rows in groups of `perGroup`, as the library `datasets` writes them. */
export function asParquet(members: Member[], { perFile = 16, perGroup = 5 } = {}): string[] {
  const folder = temporary();
  const info = { features: { image: { _type: "Image" }, label: { names: classNames, _type: "ClassLabel" } } };
  const files: string[] = [];
  for (let from = 0; from < members.length; from += perFile) {
    const rows = members.slice(from, from + perFile);
    const content = parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 2 },
        { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
      ],
      columnData: [
        { name: "image", data: rows.map(({ name, bytes }) => ({ bytes: new Uint8Array(bytes), path: name })) },
        { name: "label", data: rows.map(({ label }) => BigInt(label)) },
      ],
      rowGroupSize: perGroup,
      kvMetadata: [{ key: "huggingface", value: JSON.stringify({ info }) }],
    });
    files.push(join(folder, `train-${String(files.length).padStart(5, "0")}.parquet`));
    writeFileSync(files.at(-1)!, new Uint8Array(content));
  }
  return files;
}
