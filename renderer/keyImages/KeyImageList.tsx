/** The key images of the open study, in the side panel: a click shows one as it was marked; the chosen one takes a note. */
import './keyImages.css';
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconDownload, IconStarFilled } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { KeyImage, keyImageFormats } from '../../native/contract/keyImages.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { useExportRefusal } from '../lock/session.ts';
import { IdentityItem } from '../takeaway/IdentityItem.tsx';
import { savedAs, takeIdentity } from '../takeaway/takeAway.ts';
import { count } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { NoteLine } from '../ui/NoteLine.tsx';
import { failed, notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { jumpToKeyImage, keyImagesQuery, removeKeyImage, saveKeyImage } from './keyImages.ts';

type Format = (typeof keyImageFormats)[number];

export function KeyImageList() {
  const row = useView((s) => s.row);
  const { data: images = [] } = useQuery(keyImagesQuery(row));
  const [chosen, choose] = useState<string | null>(null);
  const identity = useIdentity();
  if (!row || images.length === 0) return null;
  return (
    <section className="panel" aria-label="Key images of the study" data-testid="key-image-list">
      <header className="panel-head">
        <b>Key images</b>
        <span className="spacer" />
        <SaveMenu row={row} some={images.some(({ volume }) => volume === row.id)} />
      </header>
      <div className="volume-lesions">
        {images.map((image) => (
          <div key={image.id}>
            <button
              type="button"
              className="row"
              data-testid="key-image-row"
              aria-pressed={image.id === chosen}
              onClick={() => {
                choose(image.id);
                void jumpToKeyImage(image);
              }}
            >
              <IconStarFilled size={12} className="key-star" aria-hidden="true" />
              <span className="row-name">{identity.text(image.note) || 'Key image'}</span>
              <span className="spacer" />
              <span className="row-size">
                {image.volume === row.id ? (
                  <span className="dim">
                    {image.plane} {image.slice + 1}
                  </span>
                ) : (
                  'other series'
                )}
              </span>
            </button>
            {image.id === chosen && <Note key={`${image.id} ${identity.hidden}`} row={row} image={image} />}
          </div>
        ))}
      </div>
    </section>
  );
}

function Note({ row, image }: { row: VolumeRow; image: KeyImage }) {
  const { author: _, createdAt: __, ...shape } = image;
  return (
    <NoteLine
      name="Note on the key image"
      placeholder="Note"
      text={image.note}
      keep={(note) => saveKeyImage(row, { ...shape, note })}
      removeName="Take the mark off this key image"
      remove={() => removeKeyImage(row, image.id)}
    />
  );
}

const files: Readonly<Record<Format, { readonly name: string; readonly title: string }>> = {
  png: { name: 'key-images.zip', title: 'As pictures (ZIP of PNG)…' },
  kos: { name: 'key-images.dcm', title: 'As DICOM Key Object Selection…' },
};

function SaveMenu({ row, some }: { row: VolumeRow; some: boolean }) {
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const target = await bridge.chooseExport(files[format].name);
      if (!target) return null;
      const identified = takeIdentity();
      const { left } = await callEngine('keyImages.export', {
        volume: row.id,
        format,
        identified,
        target: target.token,
      });
      return { label: target.label, left, identified };
    },
    onSuccess: (saved) => {
      if (!saved) return;
      const note = saved.left > 0 ? `; ${count(saved.left, 'slice')} that are no source image left out` : '';
      notice('done', savedAs(saved.identified), `${saved.label}${note}`);
    },
    onError: (error) => failed('The key images were not saved', error),
  });
  const refusal = useExportRefusal();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Tooltip label={refusal ?? 'Save the key images of this series'} openDelay={400}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Save the key images of this series"
            data-testid="export-key-images"
            loading={save.isPending}
            disabled={refusal !== undefined || !some}
          >
            <IconDownload size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(files) as Format[]).map((format) => (
          <Menu.Item key={format} onClick={() => save.mutate(format)}>
            {files[format].title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <IdentityItem />
      </Menu.Dropdown>
    </Menu>
  );
}
