/** The host of a URL as one that is asked at one pace: `example.com.` is `example.com`, and all its ports are one host. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '')
}
