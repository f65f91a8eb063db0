/// A place for compiled programs, such as files: a key is everything that a binary depends on,
/// which is the source, the options, NVRTC's version and the device's architecture.
package struct ProgramStore {
  /// The binary with this key; nil if there is none.
  let load: (_ key: [[UInt8]]) -> [UInt8]?
  /// Keeps a binary, if it can.
  let save: (_ key: [[UInt8]], _ binary: [UInt8]) -> Void

  package init(
    load: @escaping ([[UInt8]]) -> [UInt8]?, save: @escaping ([[UInt8]], [UInt8]) -> Void
  ) {
    self.load = load
    self.save = save
  }

  /// A store that keeps nothing.
  package static var none: ProgramStore { ProgramStore(load: { _ in nil }, save: { _, _ in }) }
}
