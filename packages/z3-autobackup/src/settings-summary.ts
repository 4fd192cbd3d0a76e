import { describeSchedule, type Schedule } from '@z3/core'
import { formatSshTarget, type Place, type SshTarget } from '@z3/zfs'
import type { Log } from './log.js'
import type { AutobackupOptions } from './options.js'

/** Tell what was asked for, in zfs-autobackup's words. */
export function tellSettings(options: AutobackupOptions, log: Log): void {
  const { names, source, targets } = options
  log.title(targets.length > 0 ? 'Settings summary' : 'Source settings')
  for (const line of [
    whereabouts(source),
    ...schedule(options.keepSource),
    `Selects all datasets that have property '${names.property}=true' (or childs of datasets that have '${names.property}=child')`,
  ]) {
    log.verbose(`[Source] ${line}`)
  }
  for (const place of targets) {
    for (const line of targetLines(place, options)) {
      log.verbose(`[Target] ${line}`)
    }
  }
}

function targetLines(
  { target, dataset }: Place,
  { keepTarget, destroyMissing }: AutobackupOptions,
): readonly string[] {
  return [
    whereabouts(target),
    ...schedule(keepTarget),
    ...(destroyMissing === undefined
      ? []
      : [
          `Destroy datasets that are gone at the source ${String(destroyMissing)} seconds after their last snapshot.`,
        ]),
    `Receive datasets under: ${dataset}`,
  ]
}

function whereabouts(target: SshTarget | undefined): string {
  return target ? `Datasets on: ${formatSshTarget(target)}` : 'Datasets are local'
}

function schedule(keep: Schedule | undefined): readonly string[] {
  return keep ? describeSchedule(keep) : ['Nothing is thinned.']
}
