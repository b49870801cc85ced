/** The Chromium switches that main sets before it is ready, one row each with its reason. */
import type { CommandLine } from 'electron';

interface SwitchRow {
  readonly name: string;
  readonly value?: string;
  readonly reason: string;
}

/** Chromium's own services that would speak to a server without being asked. */
const disabledFeatures = [
  'AutofillServerCommunication',
  'CertificateTransparencyComponentUpdater',
  'DialMediaRouteProvider',
  'DnsOverHttps',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'SafeBrowsing',
  'SegmentationPlatform',
  'Translate',
  'WebRtcHideLocalIpsWithMdns',
];

export const offlineSwitches: readonly SwitchRow[] = [
  { name: 'host-resolver-rules', value: 'MAP * ~NOTFOUND', reason: 'no name and no address resolves' },
  { name: 'no-proxy-server', reason: 'no look-up of a proxy (WPAD, PAC)' },
  { name: 'disable-background-networking', reason: 'no variations, no safe-browsing lists' },
  { name: 'disable-component-update', reason: 'no component downloads' },
  { name: 'disable-domain-reliability', reason: 'no error reports to a server' },
  { name: 'disable-breakpad', reason: 'no crash report leaves the machine' },
  { name: 'no-pings', reason: 'no hyperlink auditing' },
  { name: 'dns-prefetch-disable', reason: 'no names are resolved ahead' },
  { name: 'disable-quic', reason: 'no UDP to a server' },
  { name: 'disable-http-cache', reason: 'no pixel of a patient stays in a cache on disk' },
  { name: 'force-webrtc-ip-handling-policy', value: 'disable_non_proxied_udp', reason: 'no UDP by WebRTC' },
];

const softwareGl: readonly SwitchRow[] = [
  { name: 'use-gl', value: 'angle', reason: 'WebGL without a GPU' },
  { name: 'use-angle', value: 'swiftshader', reason: 'WebGL without a GPU' },
  { name: 'enable-unsafe-swiftshader', reason: 'Chromium no longer falls back to SwiftShader by itself' },
  {
    name: 'disable-gpu-compositing',
    reason:
      'composited by SwiftShader a frame takes 100 ms of the cores that the engine needs, by the CPU 2 ms',
  },
];

/** Sets the switches. Features that the command line disables already stay disabled. */
export function applySwitches(commandLine: CommandLine, options: { readonly softwareGl: boolean }): void {
  for (const row of [...offlineSwitches, ...(options.softwareGl ? softwareGl : [])]) {
    if (row.value === undefined) commandLine.appendSwitch(row.name);
    else commandLine.appendSwitch(row.name, row.value);
  }
  const given = commandLine.getSwitchValue('disable-features').split(',').filter(Boolean);
  commandLine.appendSwitch('disable-features', [...new Set([...given, ...disabledFeatures])].join(','));
}
