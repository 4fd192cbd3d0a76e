export * from './errors.js'
export * from './size.js'
export * from './part-size.js'
