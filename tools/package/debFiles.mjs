/** The texts of the Debian package: what it depends on, its scripts, and what it tells the desktop. */

/** Where the package puts the application. */
export const installFolder = '/opt/Precedent';

/** The libraries that Electron and the native modules load; since Debian 13 and Ubuntu 24.04 some end in t64. */
export const depends = [
  'libc6 (>= 2.28)',
  'libstdc++6',
  'libgtk-3-0 | libgtk-3-0t64',
  'libnss3',
  'libatk1.0-0 | libatk1.0-0t64',
  'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libgbm1',
  'libasound2 | libasound2t64',
  'libxss1',
  'libcups2 | libcups2t64',
  'libdrm2',
  'libxkbcommon0',
  'libx11-xcb1',
];

const kept = 'Libraries, settings and logs of its users stay where they are.';

/** `size` is what the files take, in KiB. */
export function control({ version, architecture, size, description }) {
  return `Package: precedent
Version: ${debianVersion(version)}
Architecture: ${architecture}
Maintainer: Precedent <precedent@localhost>
Installed-Size: ${size}
Depends: ${depends.join(', ')}
Section: science
Priority: optional
Description: ${description}
 Research use, not for primary diagnosis. It never connects to a network and never updates itself.
 ${kept}
`;
}

/** A pre-release sorts before its release by a tilde. */
export function debianVersion(version) {
  return version.replace('-', '~');
}

/** dpkg names another root in DPKG_ROOT where it installs into a folder. */
const databases = `[ -n "$DPKG_ROOT" ] && exit 0
if command -v update-desktop-database > /dev/null; then update-desktop-database -q /usr/share/applications || true; fi
if command -v update-mime-database > /dev/null; then update-mime-database /usr/share/mime || true; fi
if command -v gtk-update-icon-cache > /dev/null; then gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || true; fi`;

/** Run by dpkg as root. None of them touches a user's folder. */
export const scripts = {
  postinst: `#!/bin/sh
set -e
# Chromium's sandbox where the kernel gives users no namespaces of their own.
chown root:root "$DPKG_ROOT${installFolder}/chrome-sandbox"
chmod 4755 "$DPKG_ROOT${installFolder}/chrome-sandbox"
${databases}
`,
  postrm: `#!/bin/sh
set -e
case "$1" in
  remove | purge) echo 'Precedent was removed. ${kept}' ;;
esac
${databases}
`,
};

export const desktopEntry = `[Desktop Entry]
Type=Application
Name=Precedent
Comment=Find the proven cases like this one
Exec=${installFolder}/precedent %F
Icon=precedent
Terminal=false
Categories=Science;MedicalSoftware;
MimeType=application/x-precedent-library;application/dicom;
StartupWMClass=Precedent
`;

/** application/dicom is in the desktop's own database, by *.dcm and by content (a DICOMDIR too). */
export const mimeTypes = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-precedent-library">
    <comment>Precedent library</comment>
    <icon name="precedent"/>
    <glob pattern="*.precedent"/>
  </mime-type>
</mime-info>
`;
