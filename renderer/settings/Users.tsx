/** The library's users: who they are, one's own PIN, and after how long the window locks itself. */
import './users.css';
import { Button, Group, NumberInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionState } from '../../native/contract/users.ts';
import { callEngine } from '../engine.ts';
import { PinInput } from '../lock/PinInput.tsx';
import { lockNow, useSession } from '../lock/session.ts';
import { failed, notice } from '../ui/notice.ts';
import { useShownKey } from '../viewer/ownKeys.ts';

export function Users() {
  const session = useSession((s) => s.session);
  if (!session) return null;
  const { user, users } = session;
  const signedIn = users.some(({ name }) => name === user);
  return (
    <section data-testid="users">
      <div className="panel-label">Users</div>
      {users.length === 0 ? (
        <p className="dim">
          The library has no users of its own: everything is written down under the name you are signed in to
          this computer with, {user}. With users, Precedent asks who works with it, and can be locked by a
          PIN.
        </p>
      ) : (
        <UserList session={session} />
      )}
      <AddUser first={users.length === 0} />
      {signedIn && user !== null && (
        <OwnPin key={user} has={users.some(({ name, hasPin }) => name === user && hasPin)} />
      )}
      {users.length > 0 && <Lock session={session} />}
    </section>
  );
}

function UserList({ session: { users, user } }: { session: SessionState }) {
  const remove = useMutation({
    mutationFn: (name: string) => callEngine('users.remove', { name }),
    onError: (error) => failed('The user was not removed', error),
  });
  return (
    <ul className="user-list">
      {users.map(({ name, hasPin }) => (
        <li key={name}>
          <span>
            {name}
            <span className="dim">
              {name === user ? ' · signed in' : ''}
              {hasPin ? ' · PIN' : ' · no PIN'}
            </span>
          </span>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-label={`Remove ${name}`}
            disabled={name === user && users.length > 1}
            onClick={() => remove.mutate(name)}
          >
            Remove
          </Button>
        </li>
      ))}
    </ul>
  );
}

function AddUser({ first }: { first: boolean }) {
  const [name, setName] = useState('');
  const [pin, setPin] = useState('');
  const add = useMutation({
    mutationFn: () => callEngine('users.add', { name, pin: pin === '' ? undefined : pin }),
    onSuccess: () => {
      notice('done', 'User added', first ? `You are signed in as ${name}.` : name);
      setName('');
      setPin('');
    },
    onError: (error) => failed('The user was not added', error),
  });
  return (
    <form
      className="user-form"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <TextInput
        size="xs"
        label={first ? 'Your name' : 'Another user'}
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PinInput size="xs" label="PIN (optional)" value={pin} onPin={setPin} />
      <Button
        type="submit"
        size="compact-xs"
        variant="default"
        loading={add.isPending}
        disabled={!name.trim() || (pin !== '' && pin.length < 4)}
      >
        Add
      </Button>
    </form>
  );
}

function OwnPin({ has }: { has: boolean }) {
  const [current, setCurrent] = useState('');
  const [pin, setPin] = useState('');
  const set = useMutation({
    mutationFn: (next: string | null) =>
      callEngine('users.setPin', { pin: next, current: has ? current : undefined }),
    onSuccess: (_, next) => notice('done', next === null ? 'The PIN is gone' : 'The PIN is set'),
    onError: (error) => failed('The PIN was not changed', error),
    onSettled: () => {
      setCurrent('');
      setPin('');
    },
  });
  const known = !has || current.length >= 4;
  return (
    <form
      className="user-form"
      onSubmit={(event) => {
        event.preventDefault();
        set.mutate(pin);
      }}
    >
      {has && <PinInput size="xs" label="Your PIN" value={current} onPin={setCurrent} />}
      <PinInput size="xs" label="Your new PIN" value={pin} onPin={setPin} />
      <Button
        type="submit"
        size="compact-xs"
        variant="default"
        loading={set.isPending}
        disabled={!known || pin.length < 4}
      >
        {has ? 'Change' : 'Set'}
      </Button>
      {has && (
        <Button size="compact-xs" variant="default" disabled={!known} onClick={() => set.mutate(null)}>
          Take it away
        </Button>
      )}
    </form>
  );
}

function Lock({ session: { idleLockMinutes, policy } }: { session: SessionState }) {
  const keyOf = useShownKey();
  const set = useMutation({
    mutationFn: (minutes: number | null) => callEngine('session.idle', { minutes }),
    onError: (error) => failed('The time was not changed', error),
  });
  const forced = policy.idleLockMinutes;
  return (
    <Group gap="xs" align="end">
      <NumberInput
        size="xs"
        w={220}
        label="Lock after minutes without use"
        description={forced === undefined ? undefined : `Your administrator allows ${forced} at most`}
        placeholder="never"
        min={1}
        max={forced ?? 1440}
        allowDecimal={false}
        value={idleLockMinutes ?? ''}
        onChange={(value) => set.mutate(typeof value === 'number' && value >= 1 ? value : null)}
      />
      <Button size="compact-sm" variant="default" onClick={lockNow}>
        Lock now <kbd>{keyOf('lock')}</kbd>
      </Button>
    </Group>
  );
}
