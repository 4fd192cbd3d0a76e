/** Both ends of a name, which are what distinguishes it: `zfs-auto…-0400`. */
export function cutMiddle(text: string, width: number, ellipsis: string): string {
  if (text.length <= width) return text
  const kept = width - ellipsis.length
  if (kept < 2) return text.slice(0, Math.max(0, width))
  const end = Math.floor(kept / 2)
  return `${text.slice(0, kept - end)}${ellipsis}${text.slice(-end)}`
}
