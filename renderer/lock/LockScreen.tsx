/** What is seen of a locked library: who may sign in, and nothing of it. */
import './lock.css';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionState } from '../../native/contract/users.ts';
import { callEngine } from '../engine.ts';
import { Failure } from '../ui/Empty.tsx';
import { PinInput } from './PinInput.tsx';

export function LockScreen({ session }: { session: SessionState }) {
  return (
    <main className="lock" data-testid="lock" aria-label="Locked">
      <div className="lock-box">
        <h1>Precedent is locked</h1>
        {session.users.length > 0 ? <SignIn session={session} /> : <FirstUser />}
        <p className="dim">Research use, not for primary diagnosis</p>
      </div>
    </main>
  );
}

function SignIn({ session: { user, users, policy } }: { session: SessionState }) {
  const [name, setName] = useState(users.find((one) => one.name === user)?.name ?? users[0]?.name ?? '');
  const [pin, setPin] = useState('');
  const { hasPin } = users.find((one) => one.name === name) ?? { hasPin: false };
  const asked = hasPin || policy.pinRequired;
  const signIn = useMutation({
    mutationFn: () => callEngine('session.signIn', { name, pin: asked ? pin : undefined }),
    onSettled: () => setPin(''),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate();
      }}
    >
      <NativeSelect
        label="User"
        size="sm"
        autoFocus={!asked}
        value={name}
        data={users.map((one) => one.name)}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {asked && (
        <PinInput
          key={name}
          label={hasPin ? 'PIN' : 'Choose a PIN (your administrator requires one)'}
          size="sm"
          autoFocus
          value={pin}
          onPin={setPin}
        />
      )}
      {signIn.error && <Failure error={signIn.error} />}
      <Button type="submit" size="sm" loading={signIn.isPending} disabled={asked && pin.length < 4}>
        {user === name ? 'Unlock' : 'Sign in'}
      </Button>
    </form>
  );
}

/** Where a PIN is required and the library has no users yet. */
function FirstUser() {
  const [name, setName] = useState('');
  const [pin, setPin] = useState('');
  const add = useMutation({ mutationFn: () => callEngine('users.add', { name, pin }) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <p>Your administrator requires a PIN. Say who you are and choose one.</p>
      <TextInput
        label="Name"
        size="sm"
        autoFocus
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PinInput label="PIN, at least 4 characters" size="sm" value={pin} onPin={setPin} />
      {add.error && <Failure error={add.error} />}
      <Button type="submit" size="sm" loading={add.isPending} disabled={!name.trim() || pin.length < 4}>
        Begin
      </Button>
    </form>
  );
}
