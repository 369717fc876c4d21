/**
 * Loaded before a simulated process (NODE_OPTIONS=--import): its connections to this machine run through the simulation's switchboard,
 * which can cut and slow them, and its wall clock is wrong by a given time. The program itself is the one that users run.
 */
import net from 'node:net';

const { VAULT_SIM_SWITCHBOARD, VAULT_SIM_NAME, VAULT_SIM_CLOCK_SHIFT } = process.env;
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

function throughSwitchboard(port) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function patched(...given) {
    // net.connect() hands its normalised arguments on as one array.
    const first = Array.isArray(given[0]) ? given[0][0] : given[0];
    const options = typeof first === 'object' && first !== null ? first : undefined;
    if (!options?.port || !LOOPBACK.includes(options.host ?? 'localhost')) return connect.apply(this, given);
    const rest = Array.isArray(given[0]) ? given[0].slice(1) : given.slice(1);
    const done = rest.filter((item) => typeof item === 'function');
    const socket = connect.call(this, { ...options, host: '127.0.0.1', port }, ...done);
    socket.write(`${VAULT_SIM_NAME} ${options.port}\n`);
    return socket;
  };
}

/** Only what tells the time of day: timers and monotonic clocks go right. */
function shiftClock(shiftMs) {
  const RealDate = Date;
  const now = () => RealDate.now() + shiftMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, self) => (key === 'now' ? now : Reflect.get(target, key, self)),
  });
}

if (VAULT_SIM_SWITCHBOARD) throughSwitchboard(Number(VAULT_SIM_SWITCHBOARD));
if (VAULT_SIM_CLOCK_SHIFT) shiftClock(Number(VAULT_SIM_CLOCK_SHIFT));
