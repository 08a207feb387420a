/** Each kind of data set: what it takes for what, in which order, and what it says of what is wrong. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { beforeAll, describe, expect, test } from "vitest";
import { expandBraces } from "../../src/data/formats/tar-shards.js";
import {
  cifar,
  classCounts,
  type Dataset,
  type Encoded,
  type Image,
  idxImages,
  imageFolder,
  imageTable,
  isLabelled,
  openData,
  openPictures,
  type ParquetOptions,
  parquetImages,
  tarShards,
  unlabelledFolder,
} from "../../src/data/index.js";
import { asFolder, asParquet, asTable, asTar, classNames, corpus, type Member, temporary } from "./forms.js";

/** Files with their own names as bytes: what is read is seen without decoding. */
function folderOf(files: string[], folder = temporary()): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), file);
  }
  return folder;
}

async function contents(dataset: Dataset): Promise<string[]> {
  const reader = openPictures(dataset.pictures);
  const bytes = async (row: number) => Buffer.from(((await reader.read(row)) as Encoded).bytes).toString();
  return Promise.all(Array.from({ length: dataset.n }, (_, row) => bytes(row)));
}

let members: Member[];
beforeAll(async () => {
  members = await corpus(12);
});

describe("imageFolder", () => {
  test("takes classes and pictures in natural order, at any depth, and leaves out what is hidden or no picture", async () => {
    const folder = folderOf([
      "c10/1.jpg", "c2/10.png", "c2/9.png", "c2/more/deep/3.JPEG", "c2/.hidden.jpg", ".git/x.jpg", "__MACOSX/c2/9.png", "c2/notes.txt", "readme.md",
    ]); // biome-ignore format: a list
    const photos = imageFolder(folder);
    expect(photos.classes).toEqual(["c2", "c10"]);
    expect(await contents(photos)).toEqual(["c2/9.png", "c2/10.png", "c2/more/deep/3.JPEG", "c10/1.jpg"]);
    expect([...photos.labels]).toEqual([0, 0, 0, 1]);
    expect(openPictures(photos.pictures).name(3)).toBe(join(folder, "c10/1.jpg"));
  });

  test("keeps to the order of classes.json, and refuses a class that is not in it", () => {
    const folder = folderOf(["a/1.jpg", "b/1.jpg"]);
    writeFileSync(join(folder, "classes.json"), '["b", "none", "a"]');
    expect(imageFolder(folder).classes).toEqual(["b", "none", "a"]);
    expect([...imageFolder(folder).labels]).toEqual([2, 0]);
    expect(() => imageFolder(folder, { classes: ["a"] })).toThrowCode("ERR_DATA_LABELS", folder, '"b"', /\b1\b/);
    writeFileSync(join(folder, "classes.json"), '["b", "b"]');
    expect(() => imageFolder(folder)).toThrowCode("ERR_DATA_FORMAT", join(folder, "classes.json"));
    writeFileSync(join(folder, "classes.json"), "[");
    expect(() => imageFolder(folder)).toThrowCode("ERR_DATA_FORMAT", join(folder, "classes.json"), "JSON");
  });

  test("follows links within the folder, ends at loops, and leaves out what lies outside", async () => {
    const outside = folderOf(["secret.jpg"]);
    const folder = folderOf(["a/1.jpg", "b/2.jpg"]);
    symlinkSync(join(folder, "a"), join(folder, "a/loop"));
    symlinkSync(join(folder, "b/2.jpg"), join(folder, "a/linked.jpg"));
    symlinkSync(outside, join(folder, "c"));
    symlinkSync(join(outside, "secret.jpg"), join(folder, "b/secret.jpg"));
    symlinkSync(join(folder, "nowhere"), join(folder, "b/broken.jpg"));
    const photos = imageFolder(folder);
    expect(photos.classes).toEqual(["a", "b"]);
    expect(await contents(photos)).toEqual(["a/1.jpg", "b/2.jpg", "b/2.jpg"]);
  });

  test("says what is wrong", () => {
    const flat = folderOf(["1.jpg"]);
    const bare = folderOf(["a/notes.txt"]);
    expect(() => imageFolder(flat)).toThrowCode("ERR_NO_LABELS", flat, "unlabelledFolder");
    expect(() => imageFolder(bare)).toThrowCode("ERR_DATA_EMPTY", bare, ".jpg .jpeg");
    expect(() => imageFolder(join(flat, "none"))).toThrowCode("ERR_DATA_NOT_FOUND", join(flat, "none"));
    expect(() => imageFolder(join(flat, "1.jpg"))).toThrowCode("ERR_DATA_FORMAT", join(flat, "1.jpg"));
  });
});

test("unlabelledFolder takes all pictures, without labels", async () => {
  const photos = unlabelledFolder(folderOf(["10.jpg", "9.jpg", "more/1.png"]));
  expect(await contents(photos)).toEqual(["9.jpg", "10.jpg", "more/1.png"]);
  expect([photos.classes, [...photos.labels], isLabelled(photos)]).toEqual([[], [-1, -1, -1], false]);
});

describe("CIFAR", () => {
  const record = (labels: number[], value: number) => Buffer.concat([Buffer.from(labels), Buffer.alloc(3072, value)]);

  test("10: one label before each picture, names from the file beside it", () => {
    const folder = temporary();
    for (let part = 1; part <= 5; part++) writeFileSync(join(folder, `data_batch_${part}.bin`), record([part], 10 * part));
    writeFileSync(join(folder, "test_batch.bin"), Buffer.concat([record([9], 1), record([0], 2)]));
    writeFileSync(join(folder, "batches.meta.txt"), `${Array.from({ length: 10 }, (_, i) => `name ${i}`).join("\n")}\n\n`);
    const train = cifar(folder, { split: "train" });
    expect([train.name, train.n, train.channels, train.height, train.width]).toEqual(["CIFAR-10 train", 5, 3, 32, 32]);
    expect([...train.labels]).toEqual([1, 2, 3, 4, 5]);
    expect(train.classes[9]).toBe("name 9");
    expect((openPictures(train.pictures).read(4) as Image).data.every((byte) => byte === 50)).toBe(true);
    expect([...cifar(folder, { split: "test" }).labels]).toEqual([9, 0]);
    writeFileSync(join(folder, "test_batch.bin"), record([9], 1).subarray(1));
    expect(() => cifar(folder, { split: "test" })).toThrowCode(
      "ERR_DATA_FORMAT",
      join(folder, "test_batch.bin"),
      "CIFAR",
      3072,
      3073,
    );
  });

  test("100: the fine or the coarse label", () => {
    const folder = temporary();
    for (const file of ["train.bin", "test.bin"]) writeFileSync(join(folder, file), record([19, 99], 7));
    expect([...cifar(folder, { split: "train" }).labels]).toEqual([99]);
    expect([...cifar(folder, { split: "train", labels: "coarse" }).labels]).toEqual([19]);
    expect(() => cifar(temporary(), { split: "train" })).toThrowCode("ERR_DATA_NOT_FOUND", "CIFAR", "test_batch.bin");
  });
});

test("idxImages reads the pair of a split, and refuses a pair that does not go together", () => {
  const folder = temporary();
  const header = (...dims: number[]) => Buffer.from([0, 0, 8, dims.length, ...dims.flatMap((dim) => [0, 0, 0, dim])]);
  writeFileSync(join(folder, "train-images-idx3-ubyte"), Buffer.concat([header(2, 1, 3), Buffer.from([1, 2, 3, 4, 5, 6])]));
  writeFileSync(join(folder, "train-labels-idx1-ubyte"), Buffer.concat([header(2), Buffer.from([0, 2])]));
  const train = idxImages(folder);
  expect([train.n, train.height, train.width, train.classes]).toEqual([2, 1, 3, ["0", "1", "2"]]);
  expect(() => idxImages(folder, { split: "test" })).toThrowCode("ERR_DATA_NOT_FOUND", folder, "t10k-images-idx3-ubyte");
  writeFileSync(join(folder, "train-labels-idx1-ubyte"), Buffer.concat([header(1), Buffer.from([0])]));
  expect(() => idxImages(folder)).toThrowCode("ERR_DATA_LABELS", folder, /\b2×1×3\b.*\b1\b/);
});

describe("imageTable", () => {
  const table = (text: string, name = "list.csv") => {
    const folder = folderOf(["1.jpg", "sub/2.jpg"]);
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test("finds its columns by their names, or by place without a heading", async () => {
    const headed = imageTable(table('\uFEFFid,Label,file_name\r\n7,dog,sub/2.jpg\r\n8,"cat, large",1.jpg\r\n'));
    expect(headed.classes).toEqual(["cat, large", "dog"]);
    expect([...headed.labels]).toEqual([1, 0]);
    expect(await contents(headed)).toEqual(["sub/2.jpg", "1.jpg"]);
    expect([...imageTable(table("1.jpg,b\nsub/2.jpg,a\n")).labels]).toEqual([1, 0]);
    expect([...imageTable(table("sub/2.jpg\ta", "list.tsv")).labels]).toEqual([0]);
  });

  test("has no labels without a column of them; numbers stand for classes that are given", () => {
    expect(isLabelled(imageTable(table("path\n1.jpg")))).toBe(false);
    expect([...imageTable(table("path,label\n1.jpg,1\nsub/2.jpg,a"), { classes: ["a", "b"] }).labels]).toEqual([1, 0]);
  });

  test("takes the rows of a split", () => {
    const path = table("path,label,split\n1.jpg,a,train\nsub/2.jpg,b,test\n");
    expect(imageTable(path, { split: "test", classes: ["a", "b"] }).n).toBe(1);
    expect(() => imageTable(path, { split: "val" })).toThrowCode("ERR_DATA_EMPTY", path, '"val"');
  });

  test.each(["../1.jpg", "/etc/passwd", "sub/../../1.jpg", ""])("refuses the path %j", (path) => {
    const list = table(`path,label\n${path},a`);
    expect(() => imageTable(list)).toThrowCode("ERR_DATA_FORMAT", list, /\b1\b/, `"${path}"`);
  });

  test("says what is wrong", () => {
    expect(() => imageTable(table("name,label\nx,a"))).toThrowCode("ERR_DATA_NOT_FOUND", "list.csv", "name, label", "file_name");
    expect(() => imageTable(table("path\n1.jpg"), { label: "kind" })).toThrowCode(
      "ERR_DATA_NOT_FOUND",
      "list.csv",
      '"kind"',
      /\bpath\b/,
    );
    expect(() => imageTable(table('path,label\n"1.jpg,a'))).toThrowCode("ERR_DATA_FORMAT", "list.csv");
    expect(() => imageTable(table("{}\n{", "list.jsonl"))).toThrowCode("ERR_DATA_FORMAT", /list\.jsonl\b.*\b2\b/, "JSON");
    expect(() => imageTable(table("3", "list.jsonl"))).toThrowCode("ERR_DATA_FORMAT", /list\.jsonl\b.*\b1\b/);
    expect(() => imageTable("none.csv")).toThrowCode("ERR_DATA_NOT_FOUND", "none.csv");
  });
});

describe("tarShards", () => {
  async function tar(entries: [string, string][]): Promise<string> {
    const archive = pack();
    for (const [name, content] of entries) archive.entry({ name }, content);
    archive.finalize();
    const path = join(temporary(), "shard.tar");
    writeFileSync(path, await buffer(archive));
    return path;
  }

  test("pairs members by name: labels before or after, in cls or json, deep paths, long names", async () => {
    const long = `${"folder/".repeat(30)}${"n".repeat(90)}`;
    const path = await tar([
      ["a/1.jpg", "one"], ["a/1.cls", "2"], ["2.cls", "1\n"], ["2.png", "two"], ["3.json", '{"label": 0}'], ["3.jpg", "three"],
      [`${long}.webp`, "four"], [`${long}.cls`, "1"], [".hidden.jpg", "no"], ["readme", "no"],
    ]); // biome-ignore format: pairs
    const shard = tarShards(path);
    expect(await contents(shard)).toEqual(["one", "two", "three", "four"]);
    expect([...shard.labels]).toEqual([2, 1, 0, 1]);
    expect(shard.classes).toEqual(["0", "1", "2"]);
    expect(openPictures(shard.pictures).name(3)).toBe(`${path}: ${long}.webp`);
  });

  test("has no labels where there are none; names need classes", async () => {
    expect(isLabelled(tarShards(await tar([["1.jpg", "x"]])))).toBe(false);
    const named = await tar([["1.jpg", "x"], ["1.cls", "dog"]]); // biome-ignore format: pairs
    expect([...tarShards(named, { classes: ["cat", "dog"] }).labels]).toEqual([1]);
    expect(() => tarShards(named)).toThrowCode("ERR_DATA_LABELS", named, '"dog"', /\bclasses\b/);
  });

  test("a shard that is cut off loses the picture at its end only", async () => {
    const path = await tar([["1.jpg", "x".repeat(600)], ["2.jpg", "y".repeat(2000)]]); // biome-ignore format: pairs
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    const reader = openPictures(tarShards(path).pictures);
    expect(((await reader.read(0)) as Encoded).bytes).toHaveLength(600);
    expect(() => reader.read(1)).toThrowCode("ERR_DATA_FORMAT", 952, 2000);
  });

  test("says what is wrong", async () => {
    const path = join(temporary(), "x.tar");
    writeFileSync(path, Buffer.alloc(2048, 7));
    expect(() => tarShards(path)).toThrowCode("ERR_DATA_FORMAT", path);
    writeFileSync(path, Buffer.alloc(1024));
    expect(() => tarShards(path)).toThrowCode("ERR_DATA_EMPTY", path);
    expect(() => tarShards("no-{00..02}.tar")).toThrowCode("ERR_DATA_NOT_FOUND", "no-00.tar");
  });

  test("expands braces", () => {
    expect(expandBraces("a{08..11}.tar")).toEqual(["a08.tar", "a09.tar", "a10.tar", "a11.tar"]);
    expect(expandBraces("{x,y}{0..1}")).toEqual(["x0", "x1", "y0", "y1"]);
    for (const pattern of ["{5..1}", "{0..99999999}"])
      expect(() => expandBraces(pattern)).toThrowCode("ERR_INVALID_OPTION", pattern);
  });
});

describe("parquetImages", () => {
  test("reads several files, their row groups unpacked once and read from there", async () => {
    const cache = temporary();
    const data = await parquetImages(asParquet(members, { perFile: 5, perGroup: 2 }), { cache });
    const reader = openPictures(data.pictures);
    for (const row of [11, 0, 4, 5, 11])
      expect(Buffer.compare(((await reader.read(row)) as Encoded).bytes, members[row].bytes)).toBe(0);
    expect(reader.name(6)).toMatch(/train-00001\.parquet\b.*\b1$/);
    expect(data.classes).toEqual(classNames);
    expect([...data.labels]).toEqual(members.map(({ label }) => label));
    const turned = await parquetImages(asParquet(members), { cache, classes: [...classNames].reverse() });
    expect([...turned.labels]).toEqual(members.map(({ label }) => 2 - label));
  });

  test("says what is wrong", async () => {
    const path = join(temporary(), "x.parquet");
    writeFileSync(path, "no parquet");
    await expect(parquetImages(path)).rejects.toThrowCode("ERR_DATA_FORMAT", path, "parquet");
    await expect(parquetImages(`${path}.gone`)).rejects.toThrowCode("ERR_DATA_NOT_FOUND", `${path}.gone`);
    const [good] = asParquet(members.slice(0, 2));
    const opened = (options: ParquetOptions) => expect(parquetImages(good, options)).rejects;
    await opened({ image: "photo" }).toThrowCode("ERR_DATA_NOT_FOUND", good, '"photo"', "image, label");
    await opened({ label: "kind" }).toThrowCode("ERR_DATA_NOT_FOUND", good, '"kind"');
  });
});

describe("openData", () => {
  const kindOf = async (path: string) => {
    const { train, val, test } = await openData(path, { validation: 0.25 });
    const { pictures } = train;
    return [pictures.kind === "part" ? pictures.of.kind : pictures.kind, train.n, val?.n, test?.n];
  };

  test("recognises what lies there, and holds out a stratified part where there is no val", async () => {
    expect(await kindOf(asFolder(members))).toEqual(["files", 9, 3, undefined]);
    expect(await kindOf(asTable(members))).toEqual(["files", 9, 3, undefined]);
    expect(await kindOf(asTable(members, "jsonl"))).toEqual(["files", 9, 3, undefined]);
    expect(await kindOf(await asTar(members))).toEqual(["ranges", 9, 3, undefined]);
    expect(await kindOf(dirname(await asTar(members)))).toEqual(["ranges", 9, 3, undefined]);
    expect(await kindOf(dirname(asParquet(members)[0]))).toEqual(["parquet", 9, 3, undefined]);
    expect(await kindOf(folderOf(["1.jpg", "2.jpg"]))).toEqual(["files", 2, undefined, undefined]);
  });

  test("takes train, val and test where they are, with the classes of train", async () => {
    const folder = temporary();
    asFolder(members, join(folder, "train"));
    asFolder(members.slice(8), join(folder, "valid"));
    asFolder(members.slice(10), join(folder, "test"));
    expect(await kindOf(folder)).toEqual(["files", 12, 4, 2]);
    const { train, val } = await openData(folder);
    expect(val!.classes).toEqual(train.classes);
    const table = join(folderOf(["1.jpg"]), "list.csv");
    writeFileSync(table, "path,label,split\n1.jpg,a,train\n1.jpg,b,train\n1.jpg,b,validation\n");
    expect(await kindOf(table)).toEqual(["files", 2, 1, undefined]);
  });

  test("splits alike for a seed, otherwise for another", async () => {
    const folder = asFolder(members);
    const held = async (seed: number) => contents((await openData(folder, { seed, validation: 0.5 })).val!);
    expect(await held(1)).toEqual(await held(1));
    expect(await held(1)).not.toEqual(await held(2));
    expect(classCounts((await openData(folder, { validation: 0.5 })).val!)).toEqual([2, 2, 2]);
    expect((await openData(folder, { validation: 0 })).val).toBeUndefined();
  });

  test("says what is wrong", async () => {
    await expect(openData("none")).rejects.toThrowCode("ERR_DATA_NOT_FOUND", /\bnone\b/);
    await expect(openData(join(folderOf(["x.doc"]), "x.doc"))).rejects.toThrowCode(
      "ERR_DATA_FORMAT",
      "x.doc",
      ".tar, .parquet, .csv",
    );
    const folder = folderOf(["1.jpg"]);
    for (const name of ["a.csv", "b.csv"]) writeFileSync(join(folder, name), "path\n1.jpg");
    await expect(openData(folder)).rejects.toThrowCode("ERR_DATA_FORMAT", folder, "a.csv, b.csv", "train.csv");
  });
});
