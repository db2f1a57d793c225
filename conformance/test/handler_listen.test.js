// The checks of handler.test.js with wps listen --tunnel between emulator and
// middleware.
process.env.WAY_OF_EVENTS = "wps listen";
await import("./handler.test.js");
