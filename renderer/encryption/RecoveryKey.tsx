/** Shows a new recovery key, this once, before anything else of the window. */
import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { failed } from '../ui/notice.ts';
import { useRecoveryKey } from './state.ts';

export function RecoveryKey({ recoveryKey }: { recoveryKey: string }) {
  const save = useMutation({
    mutationFn: () => bridge.saveRecoveryKey(recoveryKey),
    onError: (error) => failed('The recovery key was not saved', error),
  });
  return (
    <main className="gate" data-testid="recovery-key">
      <div className="gate-box">
        <h1>Recovery key</h1>
        <code className="recovery-key">{recoveryKey}</code>
        <p>
          Print it or write it down, and keep it apart from this computer. It opens the library if the
          passphrase is lost; one that was shown before no longer does. It is shown only now: without both
          nobody can open the library again.
        </p>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            autoFocus
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save to print…
          </Button>
          <Button size="xs" onClick={() => useRecoveryKey.setState({ shown: null })}>
            I have kept it
          </Button>
        </Group>
      </div>
    </main>
  );
}
