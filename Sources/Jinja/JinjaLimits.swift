/// The limits of one rendering of a template: steps, bytes and depth.
package struct JinjaLimits: Sendable {
  /// Steps of a rendering without input.
  let steps: Int
  /// Bytes of all made values of a rendering without input.
  let bytes: Int
  /// Levels of expressions, blocks and macro calls within one another.
  let depth: Int
  /// Steps and bytes that every byte of the input adds: large conversations take more work.
  let stepsOfInputByte = 8
  let bytesOfInputByte = 32

  /// Containers within containers beyond this are refused. JSON files reach 256 levels.
  static let valueDepth = 300

  /// The limits of every chat template; `steps`, `bytes` and `depth` are those of a rendering
  /// without input.
  package init(steps: Int = 2_000_000, bytes: Int = 64 << 20, depth: Int = 400) {
    self.steps = steps
    self.bytes = bytes
    self.depth = depth
  }
}
