/** The settings, a tab for each matter. */
import './settings.css';
import { Modal, Tabs } from '@mantine/core';
import { useState } from 'react';
import type { AppInfo } from '../../native/contract/bridge.ts';
import { isConverting } from '../encryption/state.ts';
import { useView } from '../ui/store.ts';
import { Archive } from './Archive.tsx';
import { Backups } from './Backups.tsx';
import { Encoders } from './Encoders.tsx';
import { Encryption } from './Encryption.tsx';
import { Keys } from './Keys.tsx';
import { Library } from './Library.tsx';
import { Memory } from './Memory.tsx';
import { Originals } from './Originals.tsx';
import { Pictures } from './Pictures.tsx';
import { PolicyRows } from './PolicyRows.tsx';
import { Program } from './Program.tsx';
import { RoiRules } from './RoiRules.tsx';
import { Users } from './Users.tsx';

/** What each tab holds, in their order. */
const tabs = {
  Library: () => <Library />,
  Safety: () => (
    <>
      <Encryption />
      <Backups />
      <Originals />
      <Archive />
    </>
  ),
  People: () => (
    <>
      <Users />
      <PolicyRows />
    </>
  ),
  Import: () => <RoiRules />,
  Encoders: () => <Encoders />,
  Display: () => (
    <>
      <Pictures />
      <Memory />
    </>
  ),
  Keys: () => <Keys />,
  About: (app: AppInfo | undefined) => <Program app={app} />,
};

export function Settings({ app }: { app: AppInfo | undefined }) {
  const open = useView((s) => s.dialog === 'settings');
  const [shown, setShown] = useState<string | null>('Library');
  return (
    <Modal
      opened={open}
      onClose={() => {
        // What is being encrypted covers it, and Escape would close it unseen.
        if (!isConverting()) useView.setState({ dialog: null });
      }}
      title="Settings"
      size="xl"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {open && (
        <Tabs
          className="settings"
          data-testid="settings"
          orientation="vertical"
          value={shown}
          onChange={setShown}
        >
          <Tabs.List aria-label="Settings">
            {Object.keys(tabs).map((title) => (
              <Tabs.Tab key={title} value={title}>
                {title}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {Object.entries(tabs).map(([title, content]) => (
            <Tabs.Panel key={title} value={title} className="dialog">
              {content(app)}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </Modal>
  );
}
