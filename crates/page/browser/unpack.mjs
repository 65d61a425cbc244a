// Unpacks Chromium, its libraries and a font out of the package, into the folder that is named.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const [from, to] = process.argv.slice(2).map((path) => resolve(path));
const unpacked = (name) => brotliDecompressSync(readFileSync(join(from, name)));

mkdirSync(to, { recursive: true });
writeFileSync(join(to, "chromium"), unpacked("chromium.br"));
chmodSync(join(to, "chromium"), 0o755);
for (const archive of ["al2023.tar.br", "fonts.tar.br"]) {
  execFileSync("tar", ["-xf", "-", "-C", to], { input: unpacked(archive) });
}
// The package's own font first, so that pictures are alike on every machine; the system's for the rest.
writeFileSync(
  join(to, "fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${to}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${to}/fonts-cache</cachedir>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`,
);
