/** Which region names are lesions and which are organs: the library's own rules, and the built-in ones behind them. */
import { ActionIcon, Button, Group, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RoiRule } from '../../native/contract/reader.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { Failure, Loading } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { failed } from '../ui/notice.ts';

const kinds: readonly RoiRule['kind'][] = ['lesion', 'organ', 'ignored'];
const rulesKey = [libraryKey, 'roiRules'];

export function RoiRules() {
  const rules = useQuery({
    queryKey: rulesKey,
    queryFn: ({ signal }) => callEngine('roiRules.list', {}, { signal }),
  });
  const [unfolded, setUnfolded] = useState(false);
  const [pattern, setPattern] = useState('');
  const [kind, setKind] = useState<RoiRule['kind']>('lesion');
  const save = useMutation({
    mutationFn: (own: RoiRule[]) => callEngine('roiRules.set', { own }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: rulesKey }),
    onError: (error) => failed('The rules could not be saved', error),
  });
  if (rules.error) return <Failure error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Loading text="Reading the rules" />;
  const { own, builtin } = rules.data;
  return (
    <section data-testid="roi-rules">
      <div className="panel-label">Region names</div>
      <p className="dim">
        The first rule that fits decides whether a region becomes a lesion, an organ around it, or is left
        out. * stands for any letters, | for “or”, ^ for the beginning. Used by the imports that follow.
      </p>
      <div className="report-list">
        <Table fz="xs" verticalSpacing={3}>
          <Table.Tbody>
            {own.map((rule, n) => (
              <Table.Tr key={`${rule.pattern} ${rule.kind}`} data-testid="own-rule">
                <Table.Td>{rule.pattern}</Table.Td>
                <Table.Td>{rule.kind}</Table.Td>
                <Table.Td ta="right">
                  <ActionIcon
                    size="xs"
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove the rule ${rule.pattern}`}
                    onClick={() => save.mutate(own.filter((_, m) => m !== n))}
                  >
                    <IconX size={11} />
                  </ActionIcon>
                </Table.Td>
              </Table.Tr>
            ))}
            <Table.Tr>
              <Table.Td colSpan={3}>
                <button
                  type="button"
                  className="text-button"
                  aria-expanded={unfolded}
                  onClick={() => setUnfolded(!unfolded)}
                >
                  {unfolded ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
                  {count(builtin.length, 'built-in rule')}; any other region is an organ
                </button>
              </Table.Td>
            </Table.Tr>
            {unfolded &&
              builtin.map((rule) => (
                <Table.Tr key={`${rule.pattern} ${rule.kind}`} c="dimmed">
                  <Table.Td className="path">{rule.pattern.replaceAll('|', ' | ')}</Table.Td>
                  <Table.Td>{rule.kind}</Table.Td>
                  <Table.Td>{rule.because}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const trimmed = pattern.trim();
          if (trimmed === '') return;
          save.mutate([...own.filter((rule) => rule.pattern !== trimmed), { pattern: trimmed, kind }]);
          setPattern('');
        }}
      >
        <Group gap="xs" mt={6}>
          <TextInput
            size="xs"
            flex={1}
            placeholder="Name, with * for any letters"
            aria-label="Pattern of a new rule"
            maxLength={200}
            value={pattern}
            onChange={(event) => setPattern(event.currentTarget.value)}
          />
          <NativeSelect
            size="xs"
            aria-label="What such regions are"
            data={[...kinds]}
            value={kind}
            onChange={(event) =>
              setKind(kinds.find((known) => known === event.currentTarget.value) ?? 'lesion')
            }
          />
          <Button size="compact-sm" variant="default" type="submit" disabled={pattern.trim() === ''}>
            Add rule
          </Button>
        </Group>
      </form>
    </section>
  );
}
