// The used part of WebAssembly: @types/node 20 does not declare it, and lib.dom declares a whole
// browser.
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number })
    readonly buffer: ArrayBuffer
  }
  const Module: new (bytes: Uint8Array) => object
  class Instance {
    constructor(module: object, imports: { env: { memory: Memory } })
    readonly exports: Record<string, unknown>
  }
  function validate(bytes: Uint8Array): boolean
}
