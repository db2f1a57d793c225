// The view that runs operations: a form, the event object it makes, and the answer.
import { byId, codeBox, el, field } from "./dom.js";
import { duration, plain } from "./format.js";
import { missing, operation, operations } from "./operations.js";

/** How long typing rests before the preview is asked for, in milliseconds. */
const rest = 150;

/** SendView is the form of every operation. page: api, hub, info. */
export class SendView {
  #values = {};
  #asked = 0;

  constructor(root, page) {
    Object.assign(this, { root, page });
    this.form = byId("send-form");
    this.boxes = { object: codeBox("", "event object"), wps: codeBox("", "wps command"), curl: codeBox("", "curl command") };
    byId("send-object").append(this.boxes.object);
    byId("send-wps").append(this.boxes.wps);
    byId("send-curl").append(this.boxes.curl);
    this.hub = field("Hub", "hub", { value: "chat", required: true });
    this.choice = field("Operation", "operation");
    const names = el("select", { id: this.choice.querySelector("input").id, name: "operation" }, groups());
    this.choice.querySelector("input").replaceWith(names);
    this.fields = el("div", { class: "fields" });
    this.form.querySelector(".fields").replaceWith(el("div", { class: "fields" }, this.hub, this.choice), this.fields);
    names.addEventListener("change", () => this.#draw());
    this.form.addEventListener("input", () => this.#changed());
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#run();
    });
    this.#draw();
  }

  get #operation() {
    return operation(this.choice.querySelector("select").value);
  }

  show() {
    if (!this.shown) this.hubChanged();
    this.shown = true;
  }

  hubChanged() {
    this.hub.querySelector("input").value = this.page.hub || this.page.info?.hubs?.[0] || "chat";
    this.#changed();
  }

  /** Draws the fields of the chosen operation; values of the same name stay. */
  #draw() {
    const op = this.#operation;
    const few = op.fields.filter((f) => !f.more).map((f) => this.#field(f));
    const more = op.fields.filter((f) => f.more).map((f) => this.#field(f));
    this.fields.replaceChildren(...few, ...(more.length > 0 ? [el("details", { class: "more" }, el("summary", { text: "More" }), more)] : []));
    this.form.classList.toggle("danger", Boolean(op.danger));
    this.#changed();
  }

  #field({ name, label, options, multiline, kind, placeholder, min, max, required }) {
    const known = options && !options.some((o) => (o.value ?? o) === this.#values[name]) ? undefined : this.#values[name];
    const f = field(label, name, { options, multiline, type: kind, placeholder, min, max, "aria-required": required ? "true" : null, value: known });
    f.dataset.name = name;
    return f;
  }

  #read() {
    Object.assign(this.#values, Object.fromEntries(new FormData(this.form)));
    return this.#values;
  }

  #changed() {
    const values = this.#read();
    const op = this.#operation;
    for (const f of op.fields) {
      const part = this.fields.querySelector(`[data-name="${f.name}"]`);
      part.hidden = !(f.when?.(values) ?? true);
      const input = part.querySelector("input, textarea");
      if (f.hint && input) input.placeholder = f.hint[values.dataType] ?? "";
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#preview(), rest);
  }

  /** Shows the event object of the form, and the commands that the server writes for it. */
  async #preview() {
    const op = this.#operation;
    const values = this.#read();
    const event = op.build(values);
    const asked = ++this.#asked;
    this.#show("object", JSON.stringify(event, null, 2));
    const empty = missing(op, values);
    if (empty.length > 0) return this.#faults([`Fill in: ${empty.join(", ")}.`], true);
    try {
      const answer = await this.page.api.post("preview", { hub: values.hub, event });
      if (asked !== this.#asked) return;
      this.#faults(answer.errors ?? []);
      if (answer.object) this.#show("object", JSON.stringify(answer.object, null, 2));
      this.#show("wps", answer.wps ?? "");
      this.#show("curl", answer.curl ?? "");
    } catch (e) {
      if (asked === this.#asked) this.#faults([e.message, e.hint].filter(Boolean));
    }
  }

  #show(name, text) {
    const box = this.boxes[name];
    box.querySelector("code").textContent = text;
    box.parentElement.hidden = text === "";
  }

  /** Shows what is wrong with the form; quiet for what is only not filled in yet. */
  #faults(errors, quiet = false) {
    const list = byId("send-errors");
    list.className = quiet ? "muted" : "faults";
    list.replaceChildren(...errors.map((text) => el("li", { text: plain(text) })));
    byId("send-run").disabled = errors.length > 0;
    if (errors.length === 0) return;
    this.#show("wps", "");
    this.#show("curl", "");
  }

  async #run() {
    const values = { ...this.#read() };
    const op = this.#operation;
    const button = byId("send-run");
    if (missing(op, values).length > 0) return this.#preview();
    if (op.danger && !confirm(`${op.label} in hub ${values.hub}?`)) return;
    button.disabled = true;
    const started = performance.now();
    const answer = await run(this.page.api, values.hub, op.build(values));
    button.disabled = false;
    byId("send-answer").replaceChildren(answerPart(answer, performance.now() - started));
  }
}

function groups() {
  const names = [...new Set(operations.map((o) => o.group))];
  return names.map((label) => el("optgroup", { label }, operations.filter((o) => o.group === label).map((o) => el("option", { value: o.name, text: o.label }))));
}

/** Runs an event object in a hub. Returns {ok, ...} also when it failed. */
export async function run(api, hub, event) {
  try {
    return await api.post("run", { hub, event });
  } catch (e) {
    return { ok: false, error: e.message, hint: e.hint, httpStatus: e.status };
  }
}

/** Returns the answer to an event object as a part of the page. */
export function answerPart(answer, ms) {
  const status = answer.httpStatus ? `${answer.httpStatus} ` : "";
  if (!answer.ok) return el("div", { class: "result bad" }, el("p", { text: `${status}${plain(answer.error ?? "failed")}` }), answer.hint && el("p", { text: `hint: ${plain(answer.hint)}` }));
  return el("div", { class: "result good" }, el("p", { text: `${resultText(answer.result)}: ${status}in ${duration(answer.milliseconds ?? ms)}` }));
}

/** Returns the result of an event object: the answer to a question, or that it is done. */
function resultText(result) {
  if (typeof result?.yes !== "boolean") return "Done";
  return result.yes ? "Yes" : "No";
}
