// What a reader's own browser needs to check the ledger: canonical JSON (RFC 8785), Merkle paths (RFC 9162),
// signed notes and checkpoints (C2SP), leaves and their commitments, Ed25519. Classic script; it asks no server anything.
(() => {
  "use strict";
  const utf8 = new TextEncoder();

  // How a step may fail. `code` names a sentence of the page (data-word), `parts` fill it.
  class Refusal extends Error {
    constructor(status, code, ...parts) {
      super(`${code} ${parts.join(" ")}`);
      Object.assign(this, { status, code, parts });
    }
  }
  const wrong = (code, ...parts) => new Refusal("false", code, ...parts);
  const missing = (code, ...parts) => new Refusal("not found", code, ...parts);
  const erased = (code, ...parts) => new Refusal("erased", code, ...parts);
  const unclaimed = (code, ...parts) => new Refusal("not claimed", code, ...parts);
  const unchecked = (code, ...parts) => new Refusal("not checked", code, ...parts);
  const require = (holds, code, ...parts) => { if (!holds) throw wrong(code, ...parts); };

  // Untrusted names such as "constructor" must not reach what every object inherits.
  const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text, length, where) => {
    require(typeof text === "string" && text.length === 2 * length && /^([0-9a-f]{2})*$/.test(text), "form", where);
    return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  };
  const fromBase64 = (text, where) => {
    let raw;
    try { raw = typeof text === "string" ? atob(text) : null; } catch { raw = null; }
    require(raw !== null && btoa(raw) === text, "form", where);  // written the one way an encoder writes it
    return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  };
  const join = (...parts) => {
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => { joined.set(part, at); return at + part.length; }, 0);
    return joined;
  };
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", parts.length === 1 ? parts[0] : join(...parts)));

  // --- canonical JSON --------------------------------------------------------------------------------------------
  const DEPTH_MAX = 32;
  const text = (value) => {
    require(!/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value), "canonical");
    return JSON.stringify(value);
  };
  const write = (value, depth = 0) => {
    require(depth <= DEPTH_MAX, "deep", DEPTH_MAX);
    if (typeof value === "string") return text(value);
    if (typeof value === "number") {
      const digits = String(value);
      // Beyond 2^53 - 1 this browser and other programs read different whole numbers.
      require(Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value) || digits.includes("e")), "number");
      return digits;
    }
    if (value === null || typeof value === "boolean") return String(value);
    if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
    return `{${Object.keys(value).sort().map((key) => `${text(key)}:${write(value[key], depth + 1)}`).join(",")}}`;
  };
  // Only bytes that are canonical already: a member named twice, other spacing or order would not come back the same.
  const read = (bytes) => {
    let source, value;
    try {
      source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      value = JSON.parse(source);
    } catch { throw wrong("json"); }
    require(write(value) === source, "canonical");
    return value;
  };

  // --- Merkle tree -----------------------------------------------------------------------------------------------
  const leafHash = (leaf) => sha256([0], leaf);
  const rootOf = async (hash, index, size, path) => {
    let position = BigInt(index), last = BigInt(size) - 1n;
    require(position >= 0n && position <= last, "outside", index, size);
    for (const sibling of path) {
      require(last > 0n, "path", index);
      if (position & 1n || position === last) {
        hash = await sha256([1], sibling, hash);
        while (!(position & 1n) && position) { position >>= 1n; last >>= 1n; }
      } else hash = await sha256([1], hash, sibling);
      position >>= 1n;
      last >>= 1n;
    }
    require(last === 0n, "path", index);
    return hash;
  };

  // --- Ed25519 ---------------------------------------------------------------------------------------------------
  const ED25519 = "Ed25519";
  const accepts = async (publicKey, message, signature) => {
    let key;
    try { key = await crypto.subtle.importKey("raw", publicKey, ED25519, false, ["verify"]); } catch { return false; }
    return crypto.subtle.verify(ED25519, key, signature, message);
  };
  // The first vector of RFC 8032, section 7.1: a browser must accept it and must refuse it with another message.
  let known;
  const canSign = () => (known ||= (async () => {
    try {
      const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", 32);
      const signature = fromHex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b", 64);
      return (await accepts(key, new Uint8Array(), signature)) && !(await accepts(key, new Uint8Array(1), signature));
    } catch { return false; }
  })());
  const signed = async (publicKey, message, signature) => {
    if (!(await canSign())) throw unchecked("no-ed25519");
    return accepts(publicKey, message, signature);
  };

  // --- notes and checkpoints -------------------------------------------------------------------------------------
  const named = (name) => require(name && !/[\s+\u0000-\u001f]/.test(name), "note");
  const verifierKey = async (line) => {
    const [, name, id, blob] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(line.trim()) || [];
    require(blob, "vkey");
    named(name);
    const bytes = fromBase64(blob, "vkey");
    require(bytes.length === 33 && bytes[0] === 1, "vkey");
    const computed = (await sha256(utf8.encode(`${name}\n`), bytes)).slice(0, 4);
    require(hex(computed) === id, "vkey");
    return { name, id: computed, publicKey: bytes.slice(1), line: line.trim() };
  };
  const checkpoint = (note) => {
    require(note.length <= 1e6 && !/[\u0000-\u0009\u000b-\u001f\ud800-\udfff]/.test(note.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "")), "note");
    const cut = note.lastIndexOf("\n\n");
    require(cut >= 0 && note.endsWith("\n") && cut < note.length - 2, "note");
    const body = note.slice(0, cut + 1), lines = body.split("\n");
    require(lines.length === 4 && lines[0] && /^(0|[1-9][0-9]{0,18})$/.test(lines[1]), "note");
    const root = fromBase64(lines[2], "note");
    require(root.length === 32, "note");
    const signatures = note.slice(cut + 2, -1).split("\n").map((line) => {
      const [dash, name, blob, ...more] = line.split(" ");
      require(dash === "\u2014" && blob && !more.length, "note");
      named(name);
      const bytes = fromBase64(blob, "note");
      require(bytes.length >= 5, "note");
      return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
    });
    require(signatures.length <= 256, "note");
    return { origin: lines[0], size: lines[1], root, body, signatures };
  };
  const signedBy = async (found, key) => {
    const lines = found.signatures.filter((line) => line.name === key.name && same(line.id, key.id));
    require(lines.length, "unsigned", key.name);
    for (const line of lines) {
      require(await signed(key.publicKey, utf8.encode(found.body), line.signature), "signature", key.name);
    }
    require(found.origin === key.name, "other-log");
  };

  // --- leaves ----------------------------------------------------------------------------------------------------
  const members = (value, where, names) => {
    require(value !== null && typeof value === "object" && !Array.isArray(value), "form", where);
    const keys = Object.keys(value);
    require(!names || (keys.length === names.length && names.every((name) => Object.hasOwn(value, name))), "form", where);
    return value;
  };
  const leaf = (bytes) => {
    require(bytes.length <= 65535, "form", "leaf");
    const found = members(read(bytes), "leaf", ["v", "kind", "schema", "at", "public", "commitments"]);
    const shown = members(found.public, "leaf"), hidden = members(found.commitments, "leaf");
    require(found.v === 1 && Number.isSafeInteger(found.schema) && found.schema >= 0, "form", "leaf");
    require(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(found.kind), "form", "leaf");
    require(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(found.at), "form", "leaf");
    require([...Object.keys(shown), ...Object.keys(hidden)].every((name) => /^[a-z][a-z0-9_]*$/.test(name)), "form", "leaf");
    require(!Object.keys(shown).some((name) => Object.hasOwn(hidden, name)), "form", "leaf");
    Object.values(hidden).forEach((value) => fromHex(value, 32, "leaf"));
    return found;
  };
  const commitment = async (field, salt, value) =>
    hex(await sha256(utf8.encode(`dm-commit/v1\0${field}\0`), salt, utf8.encode(write(value))));
  const open = async (found, field, salt, value) => {
    const committed = own(found.commitments, field);
    require(committed !== undefined, "foreign", field);
    require((await commitment(field, salt, value)) === committed, "opening", field);
  };

  // --- the page --------------------------------------------------------------------------------------------------
  // Words stand in the page, in its language: <div hidden id="words"><p data-word="path">… {0} …</p></div>
  const say = (code, ...parts) => {
    const word = document.querySelector(`#words [data-word="${code}"]`);
    return (word ? word.textContent : code).replace(/\{(\d)\}/g, (all, at) => parts[at] ?? all);
  };
  const MARKS = { proved: "proved", false: "false", "not found": "not-found", erased: "erased", "not claimed": "not-claimed", "not checked": "not-checked" };
  const mark = (status) => {
    const drawn = document.querySelector(`#words [data-mark="${MARKS[status]}"]`);
    return drawn ? drawn.firstElementChild.cloneNode(true) : document.createTextNode(status);
  };
  const result = (error) => {
    if (!(error instanceof Refusal)) return { status: "false", says: say("broken", String(error)) };
    return { status: error.status, says: say(error.code, ...error.parts) };
  };
  // Run one step and answer how it ended; `check` answers the sentence to show.
  const step = async (check) => {
    try { return { status: "proved", says: await check() }; } catch (error) { return result(error); }
  };

  globalThis.Proof = {
    utf8, Refusal, wrong, missing, erased, unclaimed, unchecked, require, own, hex, fromHex, fromBase64, same, sha256, write, read,
    leafHash, rootOf, signed, canSign, verifierKey, checkpoint, signedBy, members, leaf, open, say, mark, step,
    isAble: Boolean(globalThis.crypto && crypto.subtle && globalThis.BigInt),
  };
})();
