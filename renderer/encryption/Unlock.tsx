/** Asks for the passphrase of an encrypted library. After wrong ones it takes the next later and later. */
import { Button, Group, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { PrecedentError } from '../../native/contract/errors.ts';
import { bridge } from '../bridge.ts';
import { sentence } from '../ui/Empty.tsx';
import { encryptionChanged, showOutcome } from './state.ts';

export function Unlock({ waitMs }: { waitMs: number }) {
  const [secret, setSecret] = useState('');
  const seconds = useCountdown(waitMs);
  const unlock = useMutation({
    mutationFn: () => bridge.unlockLibrary(secret),
    onSuccess: showOutcome,
    onSettled: () => encryptionChanged(),
    onError: () => setSecret(''),
  });
  const openOther = useMutation({
    mutationFn: () => bridge.openLibrary(),
    onSettled: () => encryptionChanged(),
  });
  const error = unlock.error ?? openOther.error;
  const { what, todo } = error ? PrecedentError.from(error) : { what: '', todo: undefined };
  return (
    <main className="gate" data-testid="unlock">
      <form
        className="gate-box"
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== '' && seconds === 0) unlock.mutate();
        }}
      >
        <div className="gate-brand">Precedent</div>
        <h1>This library is encrypted</h1>
        <PasswordInput
          label="Passphrase or recovery key"
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          readOnly={unlock.isPending}
          data-autofocus
          autoFocus
          autoComplete="off"
          spellCheck={false}
          visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
        />
        <div className="gate-answer" role="alert">
          {error && !unlock.isPending && (
            <>
              <span className="failure">{sentence(what)}</span> {todo && sentence(todo)}
            </>
          )}
        </div>
        <Group gap="xs">
          <Button type="submit" size="xs" loading={unlock.isPending} disabled={secret === '' || seconds > 0}>
            {seconds > 0 ? `Wait ${seconds} s` : 'Open'}
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={openOther.isPending}
            onClick={() => openOther.mutate()}
          >
            Open another library…
          </Button>
        </Group>
        <p className="dim">
          Without the passphrase and without the recovery key nobody can open it: there is no other way in.
        </p>
      </form>
    </main>
  );
}

/** The whole seconds that are left of a time that is said now and then. */
function useCountdown(ms: number): number {
  const [left, setLeft] = useState(ms);
  useEffect(() => {
    const until = performance.now() + ms;
    setLeft(ms);
    if (ms <= 0) return undefined;
    const timer = setInterval(() => {
      const now = until - performance.now();
      setLeft(Math.max(0, now));
      if (now <= 0) clearInterval(timer);
    }, 200);
    return () => clearInterval(timer);
  }, [ms]);
  return Math.ceil(left / 1000);
}
