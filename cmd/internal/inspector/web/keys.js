// The keys of the page: single ones and sequences such as "g t". Pure, without a
// document.

/** The keys, what each does, and where it works. */
export const bindings = [
  { keys: "/", action: "filter", text: "Filter the traffic" },
  { keys: "p", action: "pause", text: "Pause or resume" },
  { keys: "j", action: "next", text: "Next row" },
  { keys: "k", action: "previous", text: "Previous row" },
  { keys: "Enter", action: "open", text: "Open the details of the row" },
  { keys: "Escape", action: "back", text: "Close the details; leave a field" },
  { keys: "c", action: "copy", text: "Copy the event object, or the traffic object" },
  { keys: "r", action: "resend", text: "Send the event to its handler again" },
  { keys: "g t", action: "view:traffic", text: "Go to Traffic" },
  { keys: "g c", action: "view:clients", text: "Go to Clients" },
  { keys: "g s", action: "view:send", text: "Go to Send" },
  { keys: "g e", action: "view:state", text: "Go to State" },
  { keys: "g o", action: "view:connect", text: "Go to Connect" },
  { keys: "?", action: "help", text: "Show these keys" },
];

/** How long a sequence waits for its next key, in milliseconds. */
const patience = 1200;

/** Sequence turns keys into the names of actions. */
export class Sequence {
  #begun = "";
  #at = 0;

  /** Returns the action of a key pressed at a time in milliseconds, "" for none. */
  press(key, now) {
    const begun = now - this.#at < patience ? this.#begun : "";
    this.#begun = "";
    const whole = begun ? `${begun} ${key}` : key;
    const found = bindings.find((b) => b.keys === whole) ?? bindings.find((b) => b.keys === key);
    if (found) return found.action;
    if (bindings.some((b) => b.keys.startsWith(`${key} `))) {
      this.#begun = key;
      this.#at = now;
    }
    return "";
  }
}

/** Reports whether keys typed into an element are text. */
export function isTyping(target) {
  return Boolean(target.isContentEditable) || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
