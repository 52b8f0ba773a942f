/** The MIME types that later versions of a view would use: shown by their picture, with a sentence. */
export function laterVersions(mime: string): string[] {
  return Array.from({ length: 8 }, (_, i) => mime.replace(".v1+", `.v${i + 2}+`));
}
