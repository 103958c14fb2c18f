// Checks a whole bundle (dm-bundle/v1) in the reader's browser, step by step as provenance/verifier does:
// file, manifest, checkpoint, inclusion, openings, documents, then the trade that they are about.
(() => {
  "use strict";
  const {
    utf8, Refusal, wrong, missing, erased, unclaimed, require, own, hex, fromHex, fromBase64, sha256, write, read,
    leafHash, rootOf, signed, verifierKey, checkpoint, signedBy, members, leaf, open, say, step,
  } = Proof;
  const FORMAT = "dm-bundle/v1", AGREEMENT = "dm-agreement/v1", HASH = "agreement_sha256";
  const BYTES_MAX = 16 * 2 ** 20, ENTRIES_MAX = 10000, OTHERS_MAX = 100, PATH_MAX = 63;
  const AGREED = "negotiation.agreed", VERIFIED = "agreement.verified", FUNDED = "period.funded", SETTLED = "period.settled";
  const OBLIGATION = "obligation.opened", PAYMENT = "payment.received", GRANT = "grant.opened", KEY = "key.registered", ERASED = "opening.erased";
  // An entry of these kinds is evidence for the trade, so it must show that it belongs to it.
  const EVIDENCE = [AGREED, VERIFIED, FUNDED, SETTLED, OBLIGATION, PAYMENT, GRANT];
  const HASH32 = /^0x[0-9a-f]{64}$/, ANCHORED = "0x4ac5b9bdb01817da80ec1c33e76c5bef927ab969dd8e8ba4ce21da0d7996e56f";
  const STORY = [AGREED, VERIFIED, FUNDED, SETTLED];
  const PARTIES = ["supplier", "buyer"];
  const SIGNED_AT = { supplier: AGREED, buyer: VERIFIED };
  // Amounts that are the price and the field they stand in; payments are summed instead.
  const PRICED = [[AGREED, "price_minor"], [OBLIGATION, "amount_minor"], [FUNDED, "amount_minor"], [SETTLED, "amount_minor"]];

  const label = (entry) => say("entry", entry.index + 1, entry.leaf.kind);

  // --- reading untrusted members -----------------------------------------------------------------------------------
  const string = (value, where, pattern) => {
    require(typeof value === "string" && (!pattern || pattern.test(value)), "form", where);
    return value;
  };
  const whole = (value, where, below = Infinity) => {
    require(Number.isSafeInteger(value) && value >= 0 && value < below, "form", where);
    return value;
  };
  const list = (value, where, most) => {
    require(Array.isArray(value) && value.length <= most, "form", where);
    return value;
  };
  const distinct = (values, where) => require(new Set(values).size === values.length, "form", where);

  const readEntry = (value, position) => {
    const where = `entries/${position}`;
    members(value, where, ["index", "leaf", "proof", "openings"]);
    const bytes = fromBase64(value.leaf, where);
    const openings = Object.create(null);
    for (const [name, shown] of Object.entries(members(value.openings, where))) {
      members(shown, where, ["salt", "value"]);
      openings[name] = { salt: fromHex(shown.salt, 32, where), value: shown.value };
    }
    const found = leaf(bytes);
    return {
      index: whole(value.index, where), bytes, leaf: found, openings, erased: Object.create(null),
      proof: list(value.proof, where, PATH_MAX).map((node) => fromHex(node, 32, where)),
      value: (name) => (name in openings ? openings[name].value : own(found.public, name)) ?? null,
      isShown: Object.keys(openings).length > 0 || Object.keys(found.commitments).length === 0,
    };
  };
  const readDocument = (value, position, count) => {
    const where = `documents/${position}`;
    members(value, where, ["name", "media_type", "sha256", "content", "bound_by"]);
    members(value.bound_by, where, ["entry", "field"]);
    return {
      name: string(value.name, where, /^[^/\\\x00-\x1f]{1,255}$/u),
      mediaType: string(value.media_type, where, /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/),
      sha256: hex(fromHex(value.sha256, 32, where)), content: fromBase64(value.content, where),
      entry: whole(value.bound_by.entry, where, count), field: string(value.bound_by.field, where),
    };
  };
  const readSignature = (value, position, count) => {
    const where = `signatures/${position}`;
    members(value, where, ["party", "algorithm", "provider", "public_key", "signature", "document", "key_entry"]);
    require(value.algorithm === "Ed25519" && PARTIES.includes(value.party), "form", where);
    require(["own_key", "sealed_key"].includes(value.provider), "form", where);
    return {
      party: value.party, provider: value.provider, document: string(value.document, where),
      publicKey: fromHex(value.public_key, 32, where), signature: fromHex(value.signature, 64, where),
      keyEntry: whole(value.key_entry, where, count),
    };
  };
  const readAnchor = (value) => {
    members(value, "anchor", ["chain_id", "contract", "transaction", "block_number", "block_hash", "size", "root", "address", "topics", "data", "consistency", "is_demonstration"]);
    for (const name of ["chain_id", "block_number", "size"]) whole(value[name], `anchor/${name}`);
    for (const name of ["transaction", "block_hash", "data"]) string(value[name], `anchor/${name}`, HASH32);
    for (const name of ["contract", "address"]) string(value[name], `anchor/${name}`, /^0x[0-9a-f]{40}$/);
    list(value.topics, "anchor/topics", 4).forEach((each) => string(each, "anchor/topics", HASH32));
    require(typeof value.is_demonstration === "boolean", "form", "anchor");
    return {
      ...value, root: fromHex(value.root, 32, "anchor"),
      path: list(value.consistency, "anchor/consistency", 2 * PATH_MAX).map((node) => fromHex(node, 32, "anchor")),
    };
  };
  const readBundle = (bytes) => {
    if (bytes.length > BYTES_MAX) throw new Refusal("unreadable", "too-large", BYTES_MAX / 2 ** 20);
    const found = members(read(bytes), "bundle");
    const names = ["format", "origin", "vkey", "checkpoint", "entries", "documents", "signatures", "manifest"], said = own(found, "format");
    // All else of a bundle is there: its format was taken out or changed. Another version is none of ours to judge.
    const isDamaged = names.every((name) => name === "format" || Object.hasOwn(found, name)) && !/^dm-bundle\/v[0-9]{1,4}$/.test(said);
    if (said !== FORMAT && !isDamaged) throw new Refusal("unreadable", "no-bundle", FORMAT);
    const more = Object.hasOwn(found, "anchor") ? ["anchor"] : [];
    members(found, "bundle", [...names, ...more]);
    require(said === FORMAT, "form", "bundle");
    const count = list(found.entries, "entries", ENTRIES_MAX).length;
    const bundle = {
      members: found,
      origin: string(found.origin, "origin"), vkey: string(found.vkey, "vkey"), note: string(found.checkpoint, "checkpoint"),
      entries: found.entries.map(readEntry),
      documents: list(found.documents, "documents", OTHERS_MAX).map((each, at) => readDocument(each, at, count)),
      signatures: list(found.signatures, "signatures", OTHERS_MAX).map((each, at) => readSignature(each, at, count)),
      anchor: more.length ? readAnchor(found.anchor) : null,
    };
    distinct(bundle.entries.map((entry) => entry.index), "entries");
    distinct(bundle.documents.map((document) => document.name), "documents");
    return bundle;
  };

  // Tells each entry what later entries say was erased behind it; the openings step proves those.
  const markErased = async (entries) => {
    const byHash = new Map();
    for (const entry of entries) byHash.set(hex(await leafHash(entry.bytes)), entry);
    for (const later of entries) {
      const entry = byHash.get(later.value("entry_sha256")), fields = later.value("erased");
      if (later.leaf.kind !== ERASED || !entry || !Array.isArray(fields) || later.index <= entry.index) continue;
      for (const name of fields) if (typeof name === "string" && !(name in entry.openings)) entry.erased[name] = later;
    }
  };
  // Why a field is not here: erased, where an entry of the file says so, else missing.
  const hidden = (entry, field) => field in entry.erased
    ? erased("erased", label(entry), field, label(entry.erased[field]), entry.erased[field].value("legal_basis") ?? "")
    : missing("hidden", label(entry), field);

  // --- the file and the log ----------------------------------------------------------------------------------------
  const checkManifest = async ({ members: all }) => {
    const parts = { origin: all.origin, vkey: all.vkey, checkpoint: all.checkpoint };
    if (Object.hasOwn(all, "anchor")) parts.anchor = all.anchor;
    for (const name of ["entries", "documents", "signatures"]) all[name].forEach((value, at) => { parts[`${name}/${at}`] = value; });
    members(all.manifest, "manifest", Object.keys(parts));
    for (const [name, value] of Object.entries(parts)) {
      require(hex(await sha256(utf8.encode(write(value)))) === all.manifest[name], "manifest", name);
    }
    return say("manifest-ok", Object.keys(parts).length);
  };
  const checkCheckpoint = async (bundle, given) => {
    const found = checkpoint(bundle.note), key = await verifierKey(bundle.vkey);
    // While a log changes its key, both sign: a reader may know the one or the other.
    const names = (line) => line.name === given.name && Proof.same(line.id, given.id);
    require(key.line === given.line || found.signatures.some(names), "other-key", key.line);
    await signedBy(found, given);
    require(found.origin === key.name, "other-log");
    require(found.origin === bundle.origin, "other-log");
    return say("checkpoint-ok", found.origin, Number(found.size).toLocaleString("en-US"), hex(found.root));
  };
  const checkInclusion = async (bundle) => {
    if (!bundle.entries.length) throw missing("no-entries");
    const { size, root } = checkpoint(bundle.note);
    for (const entry of bundle.entries) {
      const reached = await rootOf(await leafHash(entry.bytes), entry.index, size, entry.proof);
      require(Proof.same(reached, root), "not-included", label(entry));
    }
    return say("inclusion-ok", bundle.entries.length);
  };
  const checkOpenings = async (bundle) => {
    let count = 0;
    for (const entry of bundle.entries) {
      for (const [field, { salt, value }] of Object.entries(entry.openings)) {
        require(Object.hasOwn(entry.leaf.commitments, field), "foreign", label(entry), field);
        try { await open(entry.leaf, field, salt, value); } catch { throw wrong("opening", label(entry), field); }
        count += 1;
      }
    }
    const gone = bundle.entries.flatMap((entry) => Object.keys(entry.erased).map((field) => `${label(entry)} ${field}`));
    return say("openings-ok", count) + (gone.length ? say("and") + say("openings-erased", gone.length, gone.join(", ")) : "");
  };
  const checkDocuments = async (bundle) => {
    if (!bundle.documents.length) throw unclaimed("no-documents");
    for (const document of bundle.documents) {
      const digest = hex(await sha256(document.content)), entry = bundle.entries[document.entry];
      require(digest === document.sha256, "content", document.name);
      const recorded = entry.value(document.field);
      if (recorded === null) throw hidden(entry, document.field);
      require(recorded === digest, "other-hash", label(entry), document.name);
    }
    return say("documents-ok", bundle.documents.length);
  };

  // The tree of `old` entries begins the tree of the checkpoint (RFC 9162, 2.1.4.2). Sizes are numbers below 2^53.
  const begins = async (old, oldRoot, size, root, proof) => {
    if (old === size) return !proof.length && Proof.same(oldRoot, root);
    const path = (BigInt(old) & BigInt(old - 1)) === 0n ? [oldRoot, ...proof] : proof;
    if (!(old > 0 && old < size) || !path.length) return false;
    let at = BigInt(old - 1), last = BigInt(size - 1);
    while (at & 1n) { at >>= 1n; last >>= 1n; }
    let one = path[0], other = path[0];
    for (const node of path.slice(1)) {
      if (last === 0n) return false;
      if (at & 1n || at === last) {
        one = await sha256([1], node, one);
        other = await sha256([1], node, other);
        while (!(at & 1n) && at) { at >>= 1n; last >>= 1n; }
      } else other = await sha256([1], other, node);
      at >>= 1n; last >>= 1n;
    }
    return last === 0n && Proof.same(one, oldRoot) && Proof.same(other, root);
  };
  const checkAnchor = async ({ anchor, note }) => {
    const { size, root } = checkpoint(note);
    require(anchor.topics.length === 2 && anchor.topics[0] === ANCHORED && BigInt(anchor.topics[1]) === BigInt(anchor.size), "receipt");
    require(anchor.data === `0x${hex(anchor.root)}` && anchor.address === anchor.contract, "receipt");
    require(await begins(anchor.size, anchor.root, Number(size), root, anchor.path), "not-anchored", anchor.size);
    const count = anchor.size.toLocaleString("en-US");
    return say(anchor.is_demonstration ? "anchor-demo" : "anchor-ok", count, anchor.chain_id, anchor.contract, anchor.transaction, anchor.block_number);
  };

  // --- the trade ---------------------------------------------------------------------------------------------------
  const party = (value, role) => {
    members(value, role);
    return { role, urn: string(value.urn, role), name: string(value.name, role) };
  };
  const readAgreement = (bundle) => {
    const found = bundle.documents.filter((document) => document.field === HASH);
    if (!found.length) {
      const speaks = bundle.signatures.length || bundle.entries.some((entry) => EVIDENCE.includes(entry.leaf.kind));
      throw missing(speaks ? "no-agreement" : "no-trade");
    }
    require(found.length === 1, "two-agreements");
    const entry = bundle.entries[found[0].entry];
    const recorded = bundle.entries.filter((each) => each.leaf.kind === AGREED);
    require(entry.leaf.kind === AGREED && recorded.length === 1, "two-agreements");
    const content = members(read(found[0].content), "agreement");
    require(own(content, "format") === AGREEMENT, "form", "agreement");
    const agreement = {
      document: found[0], entry, thread: string(content.thread, "thread"),
      supplier: party(content.supplier, "supplier"), buyer: party(content.buyer, "buyer"),
      priceMinor: whole(content.price_minor, "price_minor"), currency: string(content.currency, "currency"),
      file: content.file_sha256 == null ? null : hex(fromHex(content.file_sha256, 32, "file_sha256")),
    };
    require(agreement.supplier.urn !== agreement.buyer.urn, "one-party");
    return agreement;
  };
  const price = (agreement) => `${(BigInt(agreement.priceMinor) / 100n).toLocaleString("en-US")}.${String(agreement.priceMinor % 100).padStart(2, "0")} ${agreement.currency}`;
  const shown = (bundle) => bundle.entries.filter((entry) => entry.isShown);
  const ofKind = (bundle, kind) =>
    shown(bundle).filter((entry) => entry.leaf.kind === kind).sort((one, other) => one.index - other.index);
  const tie = (entry, field, expected) => {
    const value = entry.value(field);
    if (value === null) throw hidden(entry, field);
    require(value === expected, "other-value", label(entry), field);
  };

  const checkThread = (bundle, agreement) => {
    let tied = 0;
    for (const entry of shown(bundle)) {
      const thread = entry.value("thread");
      if (thread === null) {
        if (EVIDENCE.includes(entry.leaf.kind)) throw hidden(entry, "thread");
        continue;
      }
      require(thread === agreement.thread, "other-value", label(entry), "thread");
      require([null, agreement.document.sha256].includes(entry.value(HASH)), "other-value", label(entry), HASH);
      tied += 1;
    }
    return say("thread-ok", tied, bundle.entries.length - shown(bundle).length);
  };
  const ofBoth = (bundle, agreement) => PARTIES.flatMap((role) => {
    const found = bundle.signatures.filter((signature) => signature.party === role);
    if (!found.length) throw missing("no-signature", agreement[role].name);
    return found;
  });
  const checkKeys = (bundle, agreement) => {
    for (const role of PARTIES) require([null, agreement[role].urn].includes(agreement.entry.value(role)), "other-value", label(agreement.entry), role);
    for (const signature of bundle.signatures) {
      const entry = bundle.entries[signature.keyEntry], used = ofKind(bundle, SIGNED_AT[signature.party])[0];
      require(entry.leaf.kind === KEY, "no-key", label(entry));
      tie(entry, "public_key", hex(signature.publicKey));
      tie(entry, "owner", agreement[signature.party].urn);
      require([null, signature.provider].includes(entry.value("provider")), "other-value", label(entry), "provider");
      require(!used || entry.index <= used.index, "late-key", label(entry));
    }
    ofBoth(bundle, agreement);
    return say("keys-ok");
  };
  const checkSignatures = async (bundle, agreement) => {
    const digest = fromHex(agreement.document.sha256, 32, "agreement");
    for (const signature of bundle.signatures) {
      const name = agreement[signature.party].name;
      require(signature.document === agreement.document.name, "party-signature", name);
      require(await signed(signature.publicKey, digest, signature.signature), "party-signature", name);
      for (const entry of ofKind(bundle, SIGNED_AT[signature.party])) {
        require([null, hex(signature.signature)].includes(entry.value("signature")), "other-value", label(entry), "signature");
        require([null, hex(signature.publicKey)].includes(entry.value("public_key")), "other-value", label(entry), "public_key");
      }
    }
    return ofBoth(bundle, agreement).map((each) => say(each.provider, agreement[each.party].name)).join(say("and"));
  };
  const checkOrder = (bundle, agreement) => {
    const firsts = STORY.map((kind) => ofKind(bundle, kind)[0]).filter(Boolean);
    firsts.forEach((entry, at) => require(!at || firsts[at - 1].index < entry.index, "order", label(entry)));
    const early = shown(bundle).find((entry) => EVIDENCE.includes(entry.leaf.kind) && entry.index < agreement.entry.index);
    require(!early, "order", early && label(early));
    return firsts.map(label).join(" → ");
  };
  const amount = (entry, field, agreement) => {
    require([null, agreement.currency].includes(entry.value("currency")), "other-value", label(entry), "currency");
    const value = entry.value(field);
    if (value === null && entry.leaf.kind !== AGREED) throw hidden(entry, field);
    return value === null ? null : whole(value, label(entry));
  };
  const checkPrice = (bundle, agreement) => {
    const periods = Math.max(...[OBLIGATION, FUNDED, SETTLED].map((kind) => ofKind(bundle, kind).length));
    if (periods > 1) throw missing("periods", periods);
    const seen = new Set();
    for (const [kind, field] of PRICED) {
      for (const entry of ofKind(bundle, kind)) {
        const minor = amount(entry, field, agreement);
        if (minor === null) continue;
        require(minor === agreement.priceMinor, "price", label(entry), minor, agreement.priceMinor);
        seen.add(kind);
      }
    }
    const payments = ofKind(bundle, PAYMENT).map((entry) => BigInt(amount(entry, "amount_minor", agreement)));
    const paid = payments.reduce((sum, minor) => sum + minor, 0n);
    // A buyer may pay in parts and may pay too much; less than the price never funds a period.
    const isShort = payments.length && ofKind(bundle, FUNDED).length && paid < BigInt(agreement.priceMinor);
    require(!isShort, "short", paid, agreement.priceMinor);
    seen.delete(AGREED);
    if (!seen.size && !payments.length) throw unclaimed("no-money", price(agreement));
    return say("price-ok", price(agreement));
  };
  const checkDelivery = (bundle, agreement) => {
    const grants = ofKind(bundle, GRANT);
    if (agreement.file === null || !grants.length) throw unclaimed("no-delivery");
    grants.forEach((entry) => tie(entry, "file_sha256", agreement.file));
    return say("delivery-ok", agreement.file);
  };

  const LOG = { manifest: checkManifest, checkpoint: checkCheckpoint, inclusion: checkInclusion, openings: checkOpenings, documents: checkDocuments };
  const TRADE = { thread: checkThread, keys: checkKeys, signatures: checkSignatures, order: checkOrder, price: checkPrice, delivery: checkDelivery };

  // All steps over the bytes of a bundle. vkey: the verifier key to trust. tell: called with each step as it ends.
  // Answers { verdict, steps: [{ name, status, says }] }; it never throws for what the bytes hold.
  Proof.examine = async (bytes, vkey, tell = () => {}) => {
    const steps = [];
    const run = async (name, check) => {
      const ended = { name, ...(await step(check)) };
      steps.push(ended);
      tell(ended);
      return ended.status;
    };
    const verdict = () => {
      const found = new Set(steps.map((each) => each.status));
      return ["unreadable", "false", "not found", "erased", "not checked"].find((status) => found.has(status)) || "proved";
    };
    let bundle, given, agreement;
    if (await run("file", async () => { bundle = readBundle(bytes); await markErased(bundle.entries); return say("file-ok", FORMAT); }) !== "proved") return { verdict: verdict(), steps };
    try { given = await verifierKey(vkey); } catch { given = { line: null }; }
    for (const [name, check] of Object.entries(LOG)) {
      await run(name, () => {
        require(name !== "checkpoint" || given.line, "vkey");
        return check(bundle, given);
      });
    }
    if (bundle.anchor) await run("anchor", () => checkAnchor(bundle));
    await run("agreement", () => {
      const found = readAgreement(bundle);
      agreement = found;
      return say("agreement-ok", found.supplier.name, found.buyer.name, price(found));
    });
    if (agreement) for (const [name, check] of Object.entries(TRADE)) await run(name, () => check(bundle, agreement));
    return { verdict: verdict(), steps };
  };
  Proof.BYTES_MAX = BYTES_MAX;
})();
