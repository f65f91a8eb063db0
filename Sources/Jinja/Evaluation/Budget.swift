/// The steps, bytes and depth that one rendering of a template has left. A template comes with a
/// model from an unknown source, so it must not run for ever, fill the memory or exhaust the stack.
///
/// Steps bound the time: every evaluated expression, executed statement, compared pair of values
/// and visited element is one step, and so are ``bytesOfStep`` bytes of text that are read. Bytes
/// bound the memory: the sum of the sizes of all values that the rendering makes, freed ones
/// included. Depth bounds the stack: of nested evaluations, and of containers in containers.
final class Budget {
  private static let bytesOfStep = 4

  private let limits: JinjaLimits
  private var steps: Int
  private var bytes: Int
  private var depth = 0

  /// A budget for a rendering.
  ///
  /// - Parameter input: the size of the variables in bytes.
  init(_ limits: JinjaLimits = JinjaLimits(), input: Int = 0) {
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

  /// Takes the steps of reading `count` bytes.
  func spend(reading count: Int) throws(JinjaError) {
    try spend(steps: 1 + count / Self.bytesOfStep)
  }

  /// Takes the steps of reading a value's own text or elements, not what its elements hold.
  func spend(reading value: Value) throws(JinjaError) {
    switch value {
    case .string(let text): try spend(reading: text.utf8.count)
    case .list, .tuple, .dictionary: try spend(steps: 1 + (value.count ?? 0) / 8)
    default: break
    }
  }

  /// Refuses a value of `count` bytes before it is made, where fewer are left.
  func require(bytes count: Int) throws(JinjaError) {
    if count > bytes { throw tooManyBytes }
  }

  /// Refuses `count` parts of `size` bytes each, before they are made.
  func require(bytes size: Int, times count: Int) throws(JinjaError) {
    let (total, overflow) = size.multipliedReportingOverflow(by: max(count, 0))
    if overflow || total > bytes { throw tooManyBytes }
  }

  /// Takes bytes for what has been made.
  func spend(bytes count: Int) throws(JinjaError) {
    bytes -= count
    if bytes < 0 { throw tooManyBytes }
  }

  /// Takes the bytes of a value that was made, and returns the value.
  func made(_ value: Value) throws(JinjaError) -> Value {
    try spend(bytes: value.size)
    if value.depth > JinjaLimits.valueDepth {
      throw JinjaError("values are nested more than \(JinjaLimits.valueDepth) levels deep")
    }
    return value
  }

  private var tooManyBytes: JinjaError {
    JinjaError("the template makes more than \(limits.bytes >> 20) MiB of values")
  }

  /// Enters a level of nesting; ``leave()`` leaves it.
  func enter() throws(JinjaError) {
    depth += 1
    if depth > limits.depth {
      throw JinjaError(
        "expressions, blocks and macro calls are nested more than \(limits.depth) levels deep")
    }
  }

  /// Leaves a level of nesting.
  func leave() { depth -= 1 }
}
