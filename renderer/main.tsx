/** Starts the window: styles, the line to the engine, and the application. */
import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './ui/app.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { EncryptionGate } from './encryption/EncryptionGate.tsx';
import { queryClient, startEngineLine } from './engine.ts';
import { startForgetting } from './library/deletion/deletion.ts';
import { LockGate } from './lock/LockGate.tsx';
import { startLock, whenUnlocked } from './lock/session.ts';
import { App } from './ui/App.tsx';
import { openLibraryName, putBackLook, startSession } from './ui/session.ts';
import { theme } from './ui/theme.ts';
import { startMending } from './viewer/mending.ts';
import { startVoxelBudget } from './viewer/voxelBudget.ts';
import { HitsPage } from './windows/HitsPage.tsx';
import { startWindows } from './windows/hitsWindow.ts';
import { startSharing } from './windows/share.ts';
import { isHitsPage } from './windows/state.ts';

startLock();
startEngineLine();
startMending();
startWindows();
startForgetting();
putBackLook();
// A library that cannot be asked says so in the window; there is nothing to bring back or to share then.
void whenUnlocked()
  .then(() => (isHitsPage() ? undefined : startSession()))
  .then(openLibraryName)
  .then(startSharing)
  .catch(() => {});
// Without an answer the store keeps the budget it begins with.
void startVoxelBudget().catch(() => {});
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <MantineProvider theme={theme} forceColorScheme="dark">
    <QueryClientProvider client={queryClient}>
      <EncryptionGate>
        <LockGate>{isHitsPage() ? <HitsPage /> : <App />}</LockGate>
      </EncryptionGate>
      <Notifications position="bottom-left" limit={8} containerWidth={276} />
    </QueryClientProvider>
  </MantineProvider>,
);
