// The protobuf subprotocol of the service, as far as the clients of the page need
// it. Pure functions over bytes.
//
// Source: schema of the service, package azure.webpubsub.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

const concat = (chunks) => {
  const all = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const c of chunks) {
    all.set(c, at);
    at += c.length;
  }
  return all;
};

function varint(n) {
  const out = [];
  let rest = BigInt(n);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(out);
}

const number = (field, n) => (n === undefined ? [] : [varint(field << 3), varint(n)]);
const nested = (field, data) => [varint((field << 3) | 2), varint(data.length), data];
const text = (field, s) => (s === undefined ? [] : nested(field, encoder.encode(s)));

/** Returns the MessageData of {dataType, data}; the data of binary is bytes. */
function messageData({ dataType, data }) {
  if (dataType === "binary") return concat(nested(2, data));
  return concat(dataType === "json" ? text(4, JSON.stringify(data)) : text(1, data));
}

const writers = {
  sendToGroup: (r) => [1, [...text(1, r.group), ...number(2, r.ackId), ...nested(3, messageData(r)), ...number(4, r.noEcho ? 1 : undefined)]],
  event: (r) => [5, [...text(1, r.event), ...nested(2, messageData(r)), ...number(3, r.ackId)]],
  joinGroup: (r) => [6, [...text(1, r.group), ...number(2, r.ackId)]],
  leaveGroup: (r) => [7, [...text(1, r.group), ...number(2, r.ackId)]],
  sequenceAck: (r) => [8, number(1, r.sequenceId)],
  ping: () => [9, []],
};

/** Returns the bytes of a request, an object as in the JSON subprotocol. */
export function encodeRequest(request) {
  const write = writers[request.type];
  if (!write) throw new Error(`the protobuf subprotocol has no request ${request.type}`);
  const [field, chunks] = write(request);
  return concat(nested(field, concat(chunks)));
}

/** Returns the fields of a message: {number: [values]}, bytes or numbers. */
function fields(data) {
  const all = {};
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= data.length) break;
      const byte = data[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error("a number of the frame is cut");
  };
  const take = (n) => {
    if (at + n > data.length) throw new Error("a field of the frame is cut");
    at += n;
    return data.subarray(at - n, at);
  };
  const read = { 0: () => Number(readVarint()), 1: () => take(8), 2: () => take(Number(readVarint())), 5: () => take(4) };
  while (at < data.length) {
    const tag = Number(readVarint());
    const reader = read[tag & 7];
    if (!reader) throw new Error(`field ${tag >> 3} of the frame has an unknown form`);
    (all[tag >> 3] ??= []).push(reader());
  }
  return all;
}

const last = (f, n) => f[n]?.at(-1);
const string = (f, n) => (f[n] ? decoder.decode(last(f, n)) : undefined);

function ack(data) {
  const f = fields(data);
  const error = f[3] && fields(last(f, 3));
  return { type: "ack", ackId: last(f, 1) ?? 0, success: last(f, 2) === 1, ...(error && { error: { name: string(error, 1), message: string(error, 2) } }) };
}

function message(data) {
  const f = fields(data);
  const base = { type: "message", from: string(f, 1), group: string(f, 2), sequenceId: last(f, 4) };
  const d = f[3] ? fields(last(f, 3)) : {};
  if (d[4]) return { ...base, dataType: "json", data: JSON.parse(string(d, 4)) };
  if (d[2]) return { ...base, dataType: "binary", data: last(d, 2) };
  if (d[3]) return { ...base, dataType: "protobuf", data: last(d, 3) };
  return { ...base, dataType: "text", data: string(d, 1) ?? "" };
}

function system(data) {
  const f = fields(data);
  if (f[2]) return { type: "system", event: "disconnected", message: string(fields(last(f, 2)), 2) ?? "" };
  const c = f[1] ? fields(last(f, 1)) : {};
  return { type: "system", event: "connected", connectionId: string(c, 1), userId: string(c, 2), reconnectionToken: string(c, 3) };
}

const readers = { 1: ack, 2: message, 3: system, 4: () => ({ type: "pong" }) };

/** Returns a frame of the service as an object of the JSON subprotocol. */
export function decodeResponse(data) {
  const f = fields(data);
  for (const [field, read] of Object.entries(readers)) if (f[field]) return read(last(f, field));
  return { type: "unknown" };
}
