/** What an emulator is started with. */
export interface EmulatorOptions {
  /** Further arguments of `wps emulator`, such as `["--on", "say", ":echo"]`. Default: none. */
  args?: string[];
  /** The environment of the emulator. Default: that of this process. */
  env?: Record<string, string | undefined>;
  /** Where the log of the emulator goes. Default: "ignore". */
  output?: "ignore" | "inherit";
  /** How long the emulator may take to be ready, in milliseconds. Default: 10000. */
  timeout?: number;
}

/** A running emulator, on a free port of this machine. It ends with this process. */
export interface Emulator extends AsyncDisposable {
  /** What the SDKs connect with. */
  readonly connectionString: string;
  /** The address of the emulator, such as `http://localhost:41234`. */
  readonly endpoint: string;
  /** Closes all clients and ends the emulator. It may be called again. */
  stop(): Promise<void>;
}

/**
 * Starts an emulator of Azure Web PubSub and returns when it is ready.
 *
 * It rejects when the emulator does not start; the message has its reason.
 */
export function startEmulator(options?: EmulatorOptions): Promise<Emulator>;
