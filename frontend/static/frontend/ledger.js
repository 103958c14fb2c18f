// Checks the entries that stand on this page (ledger entry, certificate) and marks each step as it is computed.
// The page: [data-proof] with data-note and data-vkey; [data-entry] whose text is the leaf; [data-step] for the marks.
(async () => {
  "use strict";
  const { fromHex, hex, same, utf8, require, unclaimed, leafHash, rootOf, verifierKey, checkpoint, signedBy, leaf, open, read, say, mark, step } = Proof;
  const page = document.querySelector("[data-proof]");
  if (!page) return;
  const show = (place, status, says) => {
    place.querySelector("[data-mark]").replaceChildren(mark(status));
    if (says) place.querySelector("[data-says]").textContent = says;
  };
  const steps = Object.fromEntries([...page.querySelectorAll("[data-step]")].map((place) => [place.dataset.step, place]));
  if (!Proof.isAble) {
    for (const place of Object.values(steps)) show(place, "not checked", say("no-crypto"));
    return;
  }
  const entries = [...page.querySelectorAll("[data-entry]")].map((element) => ({
    element, bytes: utf8.encode(element.textContent), stated: element.dataset.hash, index: element.dataset.index,
    path: element.dataset.path.split(" ").filter(Boolean), openings: element.dataset.openings,
  }));
  const number = (index) => (BigInt(index) + 1n).toLocaleString("en-US");
  let found;
  const run = async (name, check) => {
    const place = steps[name];
    if (!place) return;
    const { status, says } = await step(check);
    place.dataset.status = status;
    show(place, status, says);
  };

  await run("leaf", async () => {
    for (const entry of entries) {
      entry.hash = await leafHash(entry.bytes);
      require(hex(entry.hash) === entry.stated, "leaf-differs", number(entry.index));
      entry.leaf = leaf(entry.bytes);
    }
    return entries[0].stated;
  });
  await run("path", async () => {
    found = checkpoint(page.dataset.note);
    for (const entry of entries) {
      const path = entry.path.map((node) => fromHex(node, 32, "path"));
      entry.root = await rootOf(await leafHash(entry.bytes), entry.index, found.size, path);
    }
    return say("path-ok", entries[0].path.length, number(entries[0].index), BigInt(found.size).toLocaleString("en-US"));
  });
  await run("root", () => {
    require(found, "note");
    for (const entry of entries) require(entry.root && same(entry.root, found.root), "not-included", number(entry.index));
    return hex(found.root);
  });
  await run("checkpoint", async () => {
    require(found, "note");
    await signedBy(found, await verifierKey(page.dataset.vkey));
    return say("signed-ok", found.origin);
  });
  await run("values", async () => {
    const values = new Map();
    for (const entry of entries) {
      for (const [field, { salt, value }] of Object.entries(read(utf8.encode(entry.openings)))) {
        await open(entry.leaf || leaf(entry.bytes), field, fromHex(salt, 32, field), value);
        values.set(field, [...(values.get(field) || []), value]);
        if (entry === entries[0]) page.querySelectorAll(`[data-field="${field}"] [data-mark]`).forEach((place) => place.replaceChildren(mark("proved")));
      }
    }
    // What is printed in large must be what the entries committed to.
    for (const printed of page.querySelectorAll("[data-shown]")) {
      const value = printed.dataset.number ? Number(printed.dataset.number) : printed.textContent;
      require((values.get(printed.dataset.shown) || []).includes(value), "printed", printed.dataset.shown);
    }
    if (!values.size) throw unclaimed("no-values");
    return say("values-ok", [...values.values()].reduce((sum, each) => sum + each.length, 0));
  });
  page.dataset.done = "yes";
})();
