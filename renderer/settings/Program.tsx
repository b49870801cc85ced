/** Which version of what is running. */
import type { AppInfo } from '../../native/contract/bridge.ts';

export function Program({ app }: { app: AppInfo | undefined }) {
  if (!app) return null;
  return (
    <section>
      <div className="panel-label">Program</div>
      <p>
        Precedent {app.version} · Electron {app.electron}
        {app.official ? '' : ' (unofficial runtime)'} · {app.platform}
      </p>
    </section>
  );
}
