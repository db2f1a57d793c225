// The checks of handler.test.js with wps listen --tunnel between emulator and
// middleware, and a proxy that cuts the tunnel at every place of an event in turn.
process.env.WAY_OF_EVENTS = "wps listen, cut";
await import("./handler.test.js");
