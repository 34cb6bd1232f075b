/**
 * Media type of a file by its name's end: for showing, and so that recordings, which are made once and hardly ever
 * edited, are not looked through for what stayed the same. Everything else is bytes.
 */
const types = new Map<string, string>(
  Object.entries({
    ...each('image', ['avif', 'bmp', 'dng', 'gif', 'heic', 'heif', 'jpeg', 'png', 'tiff', 'webp']),
    ...each('audio', ['aac', 'amr', 'flac', 'm4a', 'mp3', 'ogg', 'opus', 'wav']),
    ...each('video', ['3gp', 'avi', 'm4v', 'mkv', 'mov', 'mp4', 'webm']),
    jpg: 'image/jpeg',
    tif: 'image/tiff',
    txt: 'text/plain',
    md: 'text/markdown',
    csv: 'text/csv',
    html: 'text/html',
    ics: 'text/calendar',
    vcf: 'text/vcard',
    json: 'application/json',
    pdf: 'application/pdf',
    zip: 'application/zip',
  }),
);

function each(kind: string, ends: readonly string[]): Record<string, string> {
  return Object.fromEntries(ends.map((end) => [end, `${kind}/${end}`]));
}

export function mediaType(name: string): string {
  const end = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return types.get(end) ?? 'application/octet-stream';
}
