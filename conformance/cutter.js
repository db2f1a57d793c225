// A TCP proxy in front of a tunnel endpoint, which cuts tunnels at chosen places of
// their frames.
import net from "node:net";

/** Where a tunnel is cut, seen from an event. */
export const places = ["before its request", "in the middle of its request", "after its request", "in the middle of an answer", "after an answer"];

const typeOfRequest = 1;
let turns = 0; // every proxy begins at another place

/** Splits what is received into an HTTP header and WebSocket frames; calls each with whole ones. */
function splitter(each) {
  let rest = Buffer.alloc(0);
  let upgraded = false;
  const length = () => {
    if (!upgraded) {
      const end = rest.indexOf("\r\n\r\n");
      return end < 0 ? Infinity : end + 4;
    }
    if (rest.length < 2) return Infinity;
    const short = rest[1] & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const header = 2 + extra + (rest[1] & 128 ? 4 : 0);
    if (rest.length < header) return Infinity;
    return header + (extra === 2 ? rest.readUInt16BE(2) : extra === 8 ? Number(rest.readBigUInt64BE(2)) : short);
  };
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (let n = length(); n <= rest.length; n = length()) {
      const frame = rest.subarray(0, n);
      rest = rest.subarray(n);
      each(frame, upgraded);
      upgraded = true;
    }
  };
}

/** Whether a frame of the service is an event: a binary message of the type HttpRequest. */
function isEvent(frame) {
  const short = frame[1] & 127;
  const payload = frame.subarray(2 + (short === 126 ? 2 : short === 127 ? 8 : 0));
  return (frame[0] & 15) === 2 && payload[5] === typeOfRequest;
}

/**
 * Starts the proxy. It cuts the tunnel at the first event, and each later tunnel at the
 * event after `passes` others: every time at the next place, at most `most` times. Returns
 * its port, and counts, which has how often the tunnel was cut at each place.
 */
export async function startCutter(t, endpoint, { passes = 2, most = places.length } = {}) {
  const { hostname, port } = new URL(endpoint);
  const counts = places.map(() => 0);
  const open = new Set();
  let cuts = 0;
  let place = turns++ % places.length;
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    let events = cuts === 0 ? passes : 0;
    let doomed = -1; // the place at which this tunnel is about to be cut
    const end = () => (near.destroy(), far.destroy());
    const cut = (to, bytes) => {
      cuts++;
      counts[doomed]++;
      place = (place + 1) % places.length;
      bytes.length > 0 ? to.write(bytes, end) : end();
    };
    const down = splitter((frame, upgraded) => {
      if (upgraded && isEvent(frame) && ++events > passes && doomed < 0 && cuts < most) doomed = place;
      if (doomed < 0 || doomed > 2) return near.write(frame);
      cut(near, frame.subarray(0, [0, frame.length >> 1, frame.length][doomed]));
      doomed = Infinity; // nothing more is passed on
    });
    const up = splitter((frame, upgraded) => {
      if (!upgraded || doomed < 3 || (frame[0] & 15) !== 2) return doomed === Infinity || far.write(frame);
      if (doomed === Infinity) return;
      cut(far, frame.subarray(0, doomed === 3 ? frame.length >> 1 : frame.length));
      doomed = Infinity;
    });
    for (const [socket, take] of [[far, down], [near, up]]) {
      open.add(socket);
      socket.on("data", (b) => doomed === Infinity || take(b));
      socket.on("error", () => {}); // a cut is one
      socket.on("close", () => (open.delete(socket), end()));
    }
  });
  await new Promise((resolve) => server.listen(0, hostname, resolve));
  t.after(() => {
    open.forEach((socket) => socket.destroy());
    server.close();
  });
  return { port: server.address().port, counts };
}
