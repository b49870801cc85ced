/** Whether the library is encrypted, and what opens it: turned on and off, passphrase, recovery key, keychain. */
import { Button, Group, Switch } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Outcome } from '../../native/contract/encryption.ts';
import { bridge } from '../bridge.ts';
import { SecretForm } from '../encryption/SecretForm.tsx';
import { conversionBegins, encryptionChanged, encryptionQuery, showOutcome } from '../encryption/state.ts';
import { failed, notice } from '../ui/notice.ts';

interface Secrets {
  readonly current: string;
  readonly next: string;
}
interface Action {
  readonly name: string;
  readonly button: string;
  readonly asks: readonly ('current' | 'new')[];
  /** What it means, said before it is done. */
  readonly means: string;
  readonly done: string;
  /** Rewrites the library, which is closed meanwhile. */
  readonly converts?: boolean;
  readonly run: (secrets: Secrets) => Promise<Outcome>;
}

const encrypt: Action = {
  name: 'Encrypt this library…',
  button: 'Encrypt',
  asks: ['new'],
  means:
    'Everything in the library folder is encrypted, and opens only with this passphrase or the recovery key that is shown afterwards. If both are lost, the library is lost: there is no other way in.',
  done: 'The library is encrypted',
  converts: true,
  run: ({ next }) => bridge.encryptLibrary(next),
};
const whileEncrypted: readonly Action[] = [
  {
    name: 'Change the passphrase…',
    button: 'Change',
    asks: ['current', 'new'],
    means:
      'The library itself is not written anew. Copies of the key file that you took elsewhere keep the passphrase of then.',
    done: 'The passphrase is changed',
    run: ({ current, next }) => bridge.changePassphrase(current, next),
  },
  {
    name: 'New recovery key…',
    button: 'Make one',
    asks: ['current'],
    means: 'The recovery key before it no longer opens the library.',
    done: 'The recovery key is another one',
    run: ({ current }) => bridge.newRecoveryKey(current),
  },
  {
    name: 'Decrypt…',
    button: 'Decrypt',
    asks: ['current'],
    means: 'Whoever can read the library folder can read what is in it then.',
    done: 'The library is no longer encrypted',
    converts: true,
    run: ({ current }) => bridge.decryptLibrary(current),
  },
];

export function Encryption() {
  const { data } = useQuery(encryptionQuery);
  const [action, setAction] = useState<Action | null>(null);
  const run = useMutation({
    mutationFn: async ({ action: { run: act, converts }, secrets }: { action: Action; secrets: Secrets }) => {
      if (converts) conversionBegins();
      return act(secrets);
    },
    onSuccess: (outcome, { action: { done } }) => {
      setAction(null);
      showOutcome(outcome);
      if (outcome.problem === undefined) notice('done', done);
    },
    onSettled: () => encryptionChanged(),
  });
  const keychain = useMutation({
    mutationFn: (on: boolean) => bridge.setKeychain(on),
    onSuccess: showOutcome,
    onError: (error) => failed('The keychain was not changed', error),
    onSettled: () => encryptionChanged(),
  });
  if (!data) return null;
  const encrypted = data.state === 'encrypted';
  const { on, refused } = data.keychain;
  return (
    <section data-testid="encryption">
      <div className="panel-label">Encryption</div>
      <p className="dim">
        {encrypted
          ? 'This library is encrypted: its catalog, pictures, copies of originals and backups cannot be read without its key.'
          : 'This library is not encrypted: whoever can read its folder can read what is in it.'}
      </p>
      {action ? (
        <>
          <p>{action.means}</p>
          <SecretForm
            key={action.name}
            asks={action.asks}
            action={action.button}
            pending={run.isPending}
            error={run.error}
            submit={(secrets) => run.mutate({ action, secrets })}
            leave={() => {
              run.reset();
              setAction(null);
            }}
          />
        </>
      ) : (
        <Group gap="xs">
          {(encrypted ? whileEncrypted : [encrypt]).map((one) => (
            <Button key={one.name} size="compact-xs" variant="default" onClick={() => setAction(one)}>
              {one.name}
            </Button>
          ))}
        </Group>
      )}
      {encrypted && (
        <Switch
          mt={8}
          size="xs"
          label="Open without the passphrase, by this computer's keychain"
          description={refused === undefined || on ? undefined : `Not here: ${refused}.`}
          checked={on}
          disabled={keychain.isPending || (refused !== undefined && !on)}
          onChange={(event) => keychain.mutate(event.currentTarget.checked)}
        />
      )}
    </section>
  );
}
