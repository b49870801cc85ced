/** What the engine answers about who works with the library. */
import type { EngineContract } from '../contract/engine.ts';
import type { userRequests } from '../contract/users.ts';
import type { Handlers } from '../process/serve.ts';
import type { Session } from './session.ts';

export function userHandlers(session: Session): Pick<Handlers<EngineContract>, keyof typeof userRequests> {
  return {
    'session.get': () => session.state,
    'session.signIn': ({ name, pin }) => session.signIn(name, pin),
    'session.lock': () => session.lock('asked'),
    'session.idle': ({ minutes }) => session.setIdle(minutes),
    'users.add': ({ name, pin }) => session.addUser(name, pin),
    'users.setPin': ({ pin, current }) => session.setPin(pin, current),
    'users.remove': ({ name }) => session.removeUser(name),
  };
}
