// What the fragment of the page's address holds: a token once, then what is open.

/** Returns {view, id, filter} of a fragment such as #traffic/17?hub%3Achat. */
export function parseAddress(hash, views) {
  const [path, filter] = split(hash.replace(/^#/, ""), "?");
  const [name, id] = split(path, "/");
  const view = views.includes(name) ? name : views[0];
  return { view, id: decode(id), filter: filter === undefined ? undefined : decode(filter) };
}

function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text) {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns the token in an address that wps printed, or the text if it is a token. */
export function tokenOf(text) {
  const s = text.trim();
  const m = /#token=([^&\s]+)/.exec(s) ?? /^(?:token=)?([A-Za-z0-9_.-]{8,})$/.exec(s);
  return m ? m[1] : "";
}

/**
 * Takes the token out of the fragment of a location, so that it is in no history and
 * no copied address. Returns it, "" for none.
 */
export function takeToken(location, keep, replace = (url) => history.replaceState(null, "", url)) {
  if (!location.hash.startsWith("#token=")) return "";
  const token = tokenOf(location.hash);
  const rest = location.hash.split("&").slice(1).join("&");
  if (token) keep("token", token);
  replace(`${location.pathname}${location.search}#${rest || "traffic"}`);
  return token;
}
