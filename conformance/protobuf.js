// The protobuf subprotocols for the client SDK, which has no published package
// for them: the schema of the service, read by protobufjs. It shares no line with
// the codec under test.
import protobuf from "protobufjs";

const schema = `
syntax = "proto3";
package azure.webpubsub;
message Any { string type_url = 1; bytes value = 2; }
message MessageData {
  oneof data { string text_data = 1; bytes binary_data = 2; Any protobuf_data = 3; string json_data = 4; }
}
message UpstreamMessage {
  oneof message {
    SendToGroupMessage send_to_group_message = 1;
    EventMessage event_message = 5;
    JoinGroupMessage join_group_message = 6;
    LeaveGroupMessage leave_group_message = 7;
    SequenceAckMessage sequence_ack_message = 8;
    PingMessage ping_message = 9;
  }
  message SendToGroupMessage {
    string group = 1;
    optional uint64 ack_id = 2;
    MessageData data = 3;
    optional bool no_echo = 4;
    optional uint32 ttl_seconds = 5;
    map<string, string> metadata = 6;
  }
  message EventMessage {
    string event = 1;
    MessageData data = 2;
    optional uint64 ack_id = 3;
    map<string, string> metadata = 4;
  }
  message JoinGroupMessage { string group = 1; optional uint64 ack_id = 2; }
  message LeaveGroupMessage { string group = 1; optional uint64 ack_id = 2; }
  message SequenceAckMessage { uint64 sequence_id = 1; }
  message PingMessage {}
}
message DownstreamMessage {
  oneof message {
    AckMessage ack_message = 1;
    DataMessage data_message = 2;
    SystemMessage system_message = 3;
    PongMessage pong_message = 4;
  }
  message AckMessage {
    uint64 ack_id = 1;
    bool success = 2;
    optional ErrorMessage error = 3;
    message ErrorMessage { string name = 1; string message = 2; }
  }
  message DataMessage {
    string from = 1;
    optional string group = 2;
    MessageData data = 3;
    optional uint64 sequence_id = 4;
    map<string, string> metadata = 5;
  }
  message SystemMessage {
    oneof message { ConnectedMessage connected_message = 1; DisconnectedMessage disconnected_message = 2; }
    message ConnectedMessage { string connection_id = 1; string user_id = 2; optional string reconnection_token = 3; }
    message DisconnectedMessage { string reason = 2; }
  }
  message PongMessage {}
}`;

const { root } = protobuf.parse(schema);
const Upstream = root.lookupType("azure.webpubsub.UpstreamMessage");
const Downstream = root.lookupType("azure.webpubsub.DownstreamMessage");
const plain = { longs: Number, oneofs: true };

/** The data of a message as protobuf. */
function wrap(data, dataType) {
  switch (dataType) {
    case "text":
      return { textData: data };
    case "json":
      return { jsonData: JSON.stringify(data) };
    case "protobuf":
      return { protobufData: root.lookupType("azure.webpubsub.Any").decode(new Uint8Array(data)) };
  }
  return { binaryData: new Uint8Array(data) };
}

function unwrap(data) {
  switch (data.data) {
    case "textData":
      return { dataType: "text", data: data.textData };
    case "jsonData":
      return { dataType: "json", data: JSON.parse(data.jsonData) };
    case "binaryData":
      return { dataType: "binary", data: data.binaryData };
  }
  return { dataType: "protobuf", data: data.protobufData };
}

function read(input) {
  const message = Downstream.toObject(Downstream.decode(new Uint8Array(input)), plain);
  switch (message.message) {
    case "ackMessage": {
      const { ackId = 0, success = false, error } = message.ackMessage;
      return { kind: "ack", ackId, success, error };
    }
    case "dataMessage": {
      const { from, group, data, sequenceId, metadata } = message.dataMessage;
      return { kind: from === "group" ? "groupData" : "serverData", group, sequenceId, metadata, ...unwrap(data) };
    }
    case "systemMessage": {
      const { message: kind, connectedMessage, disconnectedMessage } = message.systemMessage;
      return kind === "connectedMessage"
        ? { kind: "connected", ...connectedMessage }
        : { kind: "disconnected", message: disconnectedMessage.reason };
    }
    case "pongMessage":
      return { kind: "pong" };
  }
  return null;
}

function write(m) {
  const { group, ackId, noEcho, event, sequenceId } = m;
  const body = {
    joinGroup: () => ({ joinGroupMessage: { group, ackId } }),
    leaveGroup: () => ({ leaveGroupMessage: { group, ackId } }),
    sendToGroup: () => ({ sendToGroupMessage: { group, ackId, noEcho, data: wrap(m.data, m.dataType) } }),
    sendEvent: () => ({ eventMessage: { event, ackId, data: wrap(m.data, m.dataType) } }),
    sequenceAck: () => ({ sequenceAckMessage: { sequenceId } }),
    ping: () => ({ pingMessage: {} }),
  }[m.kind]();
  const bytes = Upstream.encode(Upstream.fromObject(body)).finish();
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

/** protobuf.webpubsub.azure.v1, or its reliable sister. */
export function protobufProtocol({ reliable = false } = {}) {
  return {
    name: reliable ? "protobuf.reliable.webpubsub.azure.v1" : "protobuf.webpubsub.azure.v1",
    isReliableSubProtocol: reliable,
    parseMessages: read,
    writeMessage: write,
  };
}
