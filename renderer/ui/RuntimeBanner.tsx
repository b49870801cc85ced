/** Says over every window that it runs on a runtime that is not for patients' data. */
import type { AppInfo } from '../../native/contract/bridge.ts';

export function RuntimeBanner({ app }: { app: AppInfo | undefined }) {
  if (!app || app.official) return null;
  return (
    <div className="banner" role="alert" data-testid="banner-unofficial">
      Unofficial Electron runtime: evaluation and tests only, not for patients' data
      {app.testData ? ' (opened with test data allowed)' : ''}
    </div>
  );
}
