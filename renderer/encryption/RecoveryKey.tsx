/** Shows a new recovery key, this once. */
import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { failed } from '../ui/notice.ts';

export function RecoveryKey({ recoveryKey, done }: { recoveryKey: string; done: () => void }) {
  const save = useMutation({
    mutationFn: () =>
      bridge.saveText(
        'precedent-recovery-key.txt',
        `Recovery key of a Precedent library\n\n${recoveryKey}\n\nPrint this and keep it apart from the computer, then delete the file.\n`,
      ),
    onError: (error) => failed('The recovery key was not saved', error),
  });
  return (
    <div className="recovery-key" data-testid="recovery-key" role="status">
      <strong>Recovery key</strong>
      <code>{recoveryKey}</code>
      <p>
        Print it or write it down, and keep it apart from this computer. It opens the library if the
        passphrase is lost. It is shown only now; without both nobody can open the library again.
      </p>
      <Group gap="xs">
        <Button size="compact-xs" variant="default" loading={save.isPending} onClick={() => save.mutate()}>
          Save to print…
        </Button>
        <Button size="compact-xs" onClick={done}>
          I have kept it
        </Button>
      </Group>
    </div>
  );
}
