/** A lesion's caption, which can be written anew, and taken back to what is made of its measurements. */
import { ActionIcon, Button, Group, Textarea, Tooltip } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { LesionRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';

export function CaptionText({ lesion }: { lesion: Pick<LesionRow, 'id' | 'caption' | 'captions'> }) {
  const [draft, setDraft] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (text: string | null) => callEngine('lesion.caption', { lesion: lesion.id, text }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: [libraryKey] });
      setDraft(null);
    },
    onError: (error) => failed('The caption was not changed', error),
  });
  const edited = lesion.captions.edited !== undefined;
  return (
    <>
      <div className="panel-label caption-head">
        Caption{edited ? ', edited' : ''}
        {draft === null && (
          <Tooltip label="Write another caption">
            <ActionIcon
              size="xs"
              variant="subtle"
              color="gray"
              aria-label="Write another caption"
              onClick={() => setDraft(lesion.caption)}
            >
              <IconPencil size={12} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {draft === null ? (
        <p className="panel-note caption-text" data-testid="caption" title={lesion.captions.count}>
          {lesion.caption}
        </p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (draft.trim()) change.mutate(draft.trim());
          }}
        >
          <Textarea
            size="xs"
            autosize
            minRows={3}
            maxRows={8}
            maxLength={2000}
            aria-label="Caption"
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Group gap={6} mt={5}>
            <Button size="compact-xs" type="submit" disabled={!draft.trim()} loading={change.isPending}>
              Save
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => setDraft(null)}>
              Cancel
            </Button>
            {edited && (
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => change.mutate(null)}>
                As measured
              </Button>
            )}
          </Group>
        </form>
      )}
    </>
  );
}
