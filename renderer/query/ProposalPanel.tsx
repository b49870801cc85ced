/** The lesion in the making: what it measures, how to correct it, and how to keep it. */
import { ActionIcon, Button, Group, TextInput, Tooltip } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callEngine, libraryKey } from '../engine.ts';
import { infoQuery, labelsOf } from '../library/queries.ts';
import { sentence } from '../ui/Empty.tsx';
import { Measures } from '../ui/Measures.tsx';
import { failed, notice } from '../ui/notice.ts';
import { type Proposal, useView } from '../ui/store.ts';
import { Corrections } from './Corrections.tsx';

export function ProposalPanel({ proposal }: { proposal: Proposal }) {
  return (
    <section className="panel" data-testid="proposal-panel" aria-label="Marked lesion">
      <header className="panel-head">
        <b className="query-color">Marked lesion</b>
        <Tooltip label="Discard the mark">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Discard the mark"
            onClick={() => useView.setState({ proposal: null })}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </Tooltip>
      </header>
      <Measures of={proposal.measurements} />
      {proposal.notes.map((note) => (
        <p key={note} className="panel-note">
          {sentence(note)}
        </p>
      ))}
      <div className="panel-label">Correct</div>
      <Corrections proposal={proposal} />
      <SaveForm proposal={proposal} />
    </section>
  );
}

function SaveForm({ proposal }: { proposal: Proposal }) {
  const info = useQuery(infoQuery);
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [labels, setLabels] = useState<readonly (readonly [string, string])[]>([['', '']]);
  const save = useMutation({
    mutationFn: () =>
      callEngine('lesion.save', {
        volume: proposal.volume.id,
        mask: { box: [...proposal.mask.box], bits: proposal.mask.bits },
        name: name.trim(),
        labels: Object.fromEntries(labels.filter(([key, value]) => key.trim() && value.trim())),
      }),
    onSuccess: (lesion) => {
      void client.invalidateQueries({ queryKey: [libraryKey] });
      if (useView.getState().row?.id === lesion.volume) useView.setState({ proposal: null, lesion });
      notice('done', 'Lesion saved', `“${lesion.name}” is in the library and can be found.`);
    },
    onError: (error) => failed('The lesion was not saved', error),
  });
  const setLabel = (at: number, pair: readonly [string, string]) => {
    const next = labels.map((old, n) => (n === at ? pair : old));
    setLabels(next.every(([key]) => key) ? [...next, ['', '']] : next);
  };
  return (
    <form
      className="save-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) save.mutate();
      }}
    >
      <div className="panel-label">Save to the library</div>
      <TextInput
        size="xs"
        placeholder="Name of the lesion"
        aria-label="Name of the lesion"
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <datalist id="label-names">
        {labelsOf(info.data?.fields).map((field) => (
          <option key={field.name} value={field.name} />
        ))}
      </datalist>
      {labels.map(([key, value], n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are only appended
        <Group key={n} gap={6} wrap="nowrap">
          <TextInput
            size="xs"
            flex={1}
            placeholder="Label"
            aria-label="Label name"
            list="label-names"
            value={key}
            onChange={(event) => setLabel(n, [event.currentTarget.value, value])}
          />
          <TextInput
            size="xs"
            flex={1}
            placeholder="Value"
            aria-label="Label value"
            value={value}
            onChange={(event) => setLabel(n, [key, event.currentTarget.value])}
          />
        </Group>
      ))}
      <Button
        size="compact-sm"
        type="submit"
        data-testid="save-lesion"
        variant="default"
        loading={save.isPending}
        disabled={!name.trim()}
      >
        Save lesion
      </Button>
    </form>
  );
}
