/** Original image files that the library only references: which are not where they were, and looking for them. */
import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { Failure } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';

const mostRows = 100;

export function Originals() {
  const identity = useIdentity();
  const check = useMutation({ mutationFn: () => callEngine('originals.check', {}) });
  const locate = useMutation({
    mutationFn: async () => {
      const [folder] = await bridge.chooseImport('folder');
      return folder ? callEngine('originals.locate', { folder: folder.token }) : null;
    },
  });
  const missing = locate.data?.missing ?? check.data;
  return (
    <section data-testid="originals">
      <div className="panel-label">Original files</div>
      <p className="dim">
        Images that were not copied stay where they were imported from. The library shows and searches them
        all the same; a repair needs them.
      </p>
      <Group gap="xs">
        <Button size="compact-xs" variant="default" loading={check.isPending} onClick={() => check.mutate()}>
          Check
        </Button>
        {missing && missing.length > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            loading={locate.isPending}
            onClick={() => locate.mutate()}
          >
            Look for them in…
          </Button>
        )}
      </Group>
      {(check.error ?? locate.error) && <Failure error={check.error ?? locate.error} />}
      {locate.data && <p>{count(locate.data.found, 'volume')} found again.</p>}
      {missing && (
        <>
          <p>
            {missing.length === 0
              ? 'All are where they were.'
              : `${count(missing.length, 'volume')} without all of its files:`}
          </p>
          <ul className="warnings">
            {missing.slice(0, mostRows).map(({ volume, patient, path, files, missing: gone }) => (
              <li key={volume} className="path">
                {identity.patient(patient)}
                {identity.hidden ? '' : `: ${path}`} ({gone} of {count(files, 'file')})
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
