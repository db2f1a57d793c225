// The checks of handler.test.js with the tunnel client of awps-tunnel between emulator
// and middleware.
process.env.WAY_OF_EVENTS = "awps-tunnel";
await import("./handler.test.js");
