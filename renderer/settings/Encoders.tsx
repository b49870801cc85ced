/** The encoders of this library: what they are, whether they work, which one searches use, and adding another. */
import { Button, Group, Radio } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { EncoderRow } from '../../native/contract/engine.ts';
import { bridge } from '../bridge.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { Failure } from '../ui/Empty.tsx';
import { count, ms } from '../ui/format.ts';

const refresh = () => queryClient.invalidateQueries({ queryKey: [libraryKey] });

export function Encoders() {
  const list = useQuery({
    queryKey: [libraryKey, 'encoders'],
    queryFn: ({ signal }) => callEngine('encoders.list', {}, { signal }),
  });
  const choose = useMutation({
    mutationFn: (encoder: string) => callEngine('encoders.setDefault', { encoder }),
    onSettled: refresh,
  });
  const trial = useMutation({ mutationFn: (encoder: string) => callEngine('encoders.check', { encoder }) });
  const add = useMutation({
    mutationFn: async () => {
      const [folder] = await bridge.chooseImport('folder');
      return folder ? callEngine('encoders.add', { folder: folder.token }) : null;
    },
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: (encoder: string) => callEngine('encoders.remove', { encoder }),
    onSettled: refresh,
  });
  const error = choose.error ?? trial.error ?? add.error ?? remove.error;
  const tried = add.data ?? trial.data;
  return (
    <section data-testid="encoders">
      <div className="panel-label">Encoders</div>
      <p className="dim">
        The default one finds similar lesions. After a switch the library is embedded anew in the background,
        and the one before answers until that is done.
      </p>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.data?.encoders.map((encoder) => (
        <div key={encoder.id} className="encoder" data-testid="encoder">
          <Radio
            size="xs"
            checked={choose.isPending ? choose.variables === encoder.id : encoder.isDefault}
            disabled={!encoder.forLesions || choose.isPending}
            aria-label={`Search with ${encoder.id}`}
            onChange={() => choose.mutate(encoder.id)}
            label={
              <span title={encoder.title}>
                <b>{encoder.id}</b> {encoder.version} <span className="dim">· {facts(encoder)}</span>
              </span>
            }
          />
          <Group gap="xs" wrap="nowrap">
            <Button
              size="compact-xs"
              variant="default"
              loading={trial.isPending && trial.variables === encoder.id}
              onClick={() => trial.mutate(encoder.id)}
            >
              Check
            </Button>
            {encoder.origin === 'installed' && !encoder.isDefault && (
              <Button
                size="compact-xs"
                variant="default"
                loading={remove.isPending && remove.variables === encoder.id}
                onClick={() => remove.mutate(encoder.id)}
              >
                Remove
              </Button>
            )}
          </Group>
        </div>
      ))}
      <ul className="warnings">
        {list.data?.broken.map(({ folder, problem }) => (
          <li key={folder}>
            {folder}: {problem}
          </li>
        ))}
      </ul>
      <Button size="compact-xs" variant="default" loading={add.isPending} onClick={() => add.mutate()}>
        Add…
      </Button>
      {error && <Failure error={error} />}
      {tried && (
        <p>
          {tried.encoder.id}: {tried.deterministic ? 'the same answer twice' : 'answers differ'},{' '}
          {ms(tried.msPerItem)} a {tried.encoder.kind === 'text' ? 'text' : 'lesion'}.
        </p>
      )}
    </section>
  );
}

function facts({ kind, dim, licence, provider, levels, missing }: EncoderRow): string {
  const state =
    levels.length === 0 ? [] : missing > 0 ? [`${count(missing, 'lesion')} to embed`] : ['complete'];
  return [kind, `${dim} values`, licence, ...(provider ? [provider] : []), ...state].join(' · ');
}
