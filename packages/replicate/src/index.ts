export type * from './endpoint.js'
export * from './line.js'
export * from './pool-endpoint.js'
export * from './run.js'
