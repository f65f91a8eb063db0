/// What one rendering of a template may use. A template comes with a model from anywhere, so it may
/// neither run for ever nor fill the memory nor exhaust the stack.
///
/// Steps bound the time: every evaluated expression, executed statement, compared pair of values and
/// visited element is one step, and so are ``bytesOfStep`` bytes of text that are read. Bytes bound
/// the memory: the sum of the sizes of all values that the rendering makes, whether they are still
/// needed or not. Depth bounds the stack: of nested evaluations, and of containers in containers.
final class JinjaBudget {
  /// The largest steps, bytes and depths of a rendering.
  struct Limits: Sendable {
    /// Steps of a rendering without input.
    var steps = 2_000_000
    /// Bytes of all made values of a rendering without input.
    var bytes = 64 << 20
    /// Levels of expressions, blocks and macro calls within one another.
    var depth = 400
    /// Steps and bytes that every byte of the input adds: large conversations take more work.
    var stepsOfInputByte = 8
    var bytesOfInputByte = 32

    /// Containers within containers beyond this are refused. JSON files reach 256 levels.
    static let valueDepth = 300
  }

  private static let bytesOfStep = 4

  private let limits: Limits
  private var steps: Int
  private var bytes: Int
  private var depth = 0

  /// A budget for a rendering.
  ///
  /// - Parameter input: the size of the variables in bytes.
  init(_ limits: Limits = Limits(), input: Int = 0) {
    self.limits = limits
    steps = limits.steps + input * limits.stepsOfInputByte
    bytes = limits.bytes + input * limits.bytesOfInputByte
  }

  /// Takes steps.
  ///
  /// - Throws: when none are left.
  @inline(__always)
  func spend(steps count: Int = 1) throws(JinjaError) {
    steps -= count
    if steps < 0 { throw JinjaError("the template takes more than \(limits.steps) steps") }
  }

  /// Takes the steps of reading so many bytes.
  func spend(reading count: Int) throws(JinjaError) {
    try spend(steps: 1 + count / Self.bytesOfStep)
  }

  /// Takes the steps of reading a value's own text or elements, not what its elements hold.
  func spend(reading value: JinjaValue) throws(JinjaError) {
    switch value {
    case .string(let text): try spend(reading: text.utf8.count)
    case .list, .tuple, .dictionary: try spend(steps: 1 + (value.count ?? 0) / 8)
    default: break
    }
  }

  /// Refuses a value that would be so large, before it is made.
  func require(bytes count: Int) throws(JinjaError) {
    if count > bytes { throw excess }
  }

  /// Refuses `count` parts of `size` bytes each, before they are made.
  func require(bytes size: Int, times count: Int) throws(JinjaError) {
    let (total, overflow) = size.multipliedReportingOverflow(by: max(count, 0))
    if overflow || total > bytes { throw excess }
  }

  /// Takes bytes for what has been made.
  func spend(bytes count: Int) throws(JinjaError) {
    bytes -= count
    if bytes < 0 { throw excess }
  }

  /// Takes the bytes of a value that was made, and gives it back.
  func made(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    try spend(bytes: value.size)
    if value.depth > Limits.valueDepth {
      throw JinjaError("values are nested more than \(Limits.valueDepth) levels deep")
    }
    return value
  }

  private var excess: JinjaError {
    JinjaError("the template makes more than \(limits.bytes >> 20) MiB of values")
  }

  /// Begins something within something else; ``leave()`` ends it.
  func enter() throws(JinjaError) {
    depth += 1
    if depth > limits.depth {
      throw JinjaError(
        "expressions, blocks and macro calls are nested more than \(limits.depth) levels deep")
    }
  }

  /// Ends what ``enter()`` began.
  func leave() { depth -= 1 }
}
