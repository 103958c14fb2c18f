// The check page: a file is read in this browser and never sent. An evidence file is checked whole; of any other file
// the fingerprint is computed and looked up.
(() => {
  "use strict";
  const { say, mark, hex, sha256, examine } = Proof;
  const FILE_MAX = 512 * 2 ** 20;  // beyond it a phone's browser runs out of memory
  const form = document.querySelector("#check"), output = document.querySelector("#result"), ask = document.querySelector("#look-up");
  if (!form) return;
  const input = form.querySelector("input[type=file]"), vkey = form.querySelector("input[name=vkey]");
  document.querySelectorAll("[data-scripted]").forEach((place) => { place.hidden = false; });

  const line = (tag, words, ...classes) => {
    const element = document.createElement(tag);
    element.textContent = words;
    element.classList.add(...classes);
    return element;
  };
  const tell = (...parts) => { output.hidden = false; output.replaceChildren(...parts); };

  const check = async (bytes, name) => {
    const given = vkey.value.trim(), list = document.createElement("ol");
    list.className = "proof-steps";
    tell(line("p", say("running", name), "muted"), list);
    const add = (ended) => {
      const item = document.createElement("li");
      item.dataset.step = ended.name;
      item.dataset.status = ended.status;
      item.append(mark(ended.status), line("b", say(`step-${ended.name}`)), line("span", ended.says));
      list.append(item);
    };
    const { verdict, steps } = await examine(bytes, given || form.dataset.vkey, add);
    const failed = steps.findIndex((each) => each.status === verdict);
    const head = line("h2", "", "verdict");
    head.append(mark(verdict === "unreadable" ? "false" : verdict), say(`verdict-${verdict}`, failed + 1, failed < 0 ? "" : say(`step-${steps[failed].name}`)));
    const parts = [head, line("p", say("computed-here", name), "muted"), list];
    if (verdict !== "unreadable") parts.push(line("p", say(given ? "key-given" : "key-own", given || form.dataset.vkey), "note-bar", ...(given ? [] : ["warn"])));
    tell(...parts);
    output.dataset.verdict = verdict;
    if (verdict === "proved") output.append(document.querySelector("#words [data-limits]").cloneNode(true));
    output.focus();
  };

  const lookUp = async (bytes, name) => {
    const digest = hex(await sha256(bytes));
    tell(line("p", say("fingerprint", name)), line("code", digest, "hash", "full"));
    output.dataset.digest = digest;
    // A copy of this page that was saved to a disk has no ledger behind it.
    if (location.protocol === "file:" || !navigator.onLine) output.append(line("p", say("offline"), "muted"));
    else {
      ask.elements.q.value = digest;
      ask.requestSubmit();
    }
  };

  // Canonical JSON is sorted, so every evidence file begins with the same member.
  const isBundle = (bytes, name) =>
    new TextDecoder().decode(bytes.slice(0, 16)).startsWith('{"checkpoint":') || /bundle.*\.json$/i.test(name);

  const take = async (file) => {
    delete output.dataset.verdict;
    if (!Proof.isAble) return tell(line("p", say("no-crypto"), "note-bar", "warn"));
    if (file.size > FILE_MAX) return tell(line("p", say("file-too-large", FILE_MAX / 2 ** 20), "note-bar", "warn"));
    tell(line("p", say("reading", file.name), "muted"));
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await (isBundle(bytes, file.name) ? check(bytes, file.name) : lookUp(bytes, file.name));
    } catch (error) { tell(line("p", say("broken", String(error)), "note-bar", "warn")); }
  };

  const again = () => { if (input.files[0]) take(input.files[0]); };
  input.addEventListener("change", again);
  vkey.addEventListener("change", again);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    again();
  });
})();
