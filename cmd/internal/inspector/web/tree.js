// The state of the hubs as a tree: users, their connections, groups. Pure, without
// a document.

/** What a connection without a user id is listed under. */
export const anonymous = "anonymous";

/** Returns a hub as {name, count, left, users: [{name, connections}], groups: [...]}. */
export function hubTree(hub) {
  const connections = hub.connections ?? [];
  const groups = new Map();
  for (const c of connections) for (const g of c.groups ?? []) add(groups, g, c);
  return { name: hub.name, count: connections.length + (hub.left ?? 0), left: hub.left ?? 0, users: byUser(connections), groups: sorted(groups) };
}

function byUser(connections) {
  const users = new Map();
  for (const c of connections) add(users, c.user ?? "", c);
  return sorted(users).map((u) => ({ ...u, anonymous: u.name === "" }));
}

function add(map, name, c) {
  const all = map.get(name);
  all ? all.push(c) : map.set(name, [c]);
}

const sorted = (map) => [...map].map(([name, connections]) => ({ name, connections })).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** Returns {hub, connection} of a connection id, null for none. */
export function find(state, id) {
  for (const hub of state?.hubs ?? []) {
    const connection = (hub.connections ?? []).find((c) => c.id === id);
    if (connection) return { hub: hub.name, connection };
  }
  return null;
}

/** Returns how many connections all hubs have. */
export const countAll = (state) => (state?.hubs ?? []).reduce((n, h) => n + (h.connections?.length ?? 0) + (h.left ?? 0), 0);
